import Access
public import JSON
public import Records

/// Whose identities somebody may decide about, and how much of them they see.
public enum IdentityDuty: Sendable, Equatable {
    /// Everybody's: the city's own programs.
    case everybody
    /// Those whose records the own institution sees: clinicians, at its registration desk or not.
    case inCare
    /// Everybody's, without what would tell who they are: operators with the system duty.
    case masked
}

extension Gate {
    /// Whose identities somebody may decide about; nil for nobody's. Programs and apps need a scope to update Patients.
    public func identityDuty(of caller: Caller) -> IdentityDuty? {
        let subject = caller.subject
        switch subject.role {
        case .operator: return may(caller, .configuration) ? .masked : nil
        case .clinician, .system:
            let mayUpdate = options.policy.decide(subject, .update, on: .type("Patient"), at: options.now()).isPermit
            guard mayUpdate else { return nil }
            if subject.role == .clinician { return .inCare }
            return subject.reach == .city ? .everybody : nil
        case .anonymous, .resident, .epidemiologist, .manager: return nil
        }
    }

    /// Of some Patients those that somebody sees whole, as they see them; what they reached is noted.
    public func whole(_ patients: [String], in records: SeenRecords) throws(RecordsError) -> [String: Version] {
        guard !patients.isEmpty else { return [:] }
        let page = try records.search(
            type: "Patient", parameters: [("_id", patients.joined(separator: ",")), ("_count", "\(patients.count)")])
        return Dictionary(uniqueKeysWithValues: page.entries.map { ($0.version.key.id, $0.version) })
    }

    /// A Patient as an operator may see it who must not know who it is.
    public func masked(_ version: Version) -> JSONDocument? {
        guard let document = try? JSONDocument(parsing: version.json()),
            let text = Masker(definitions).masked(document.root, .masked, now: options.now())
        else { return nil }
        return try? JSONDocument(parsing: text)
    }
}
