import SignIn

extension Portal.GuardedVisit {
    /// The programs that the reader can start for a patient (SMART App Launch 2.2, EHR launch); nil where there are none. What
    /// is started asks the reader what it may see, and gets no more than the reader reaches.
    func programs(for patient: String) throws -> ResidentView.Programs? {
        let caller = try someone()
        guard let signIn = gate.signIn, let assignment = caller.assignment else { return nil }
        let list = try signIn.clients.startable().map { ResidentView.Programs.Program(id: $0.id, name: $0.name) }
        return list.isEmpty
            ? nil
            : ResidentView.Programs(
                form: try formToken(), role: SignIn.roleKey(assignment), patient: patient, list: list)
    }
}
