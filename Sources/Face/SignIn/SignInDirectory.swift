public import Accounts

/// What the sign-in asks of the records: which patients somebody reaches.
public protocol SignInDirectory: Sendable {
    /// Patients that a person may choose to be the one in context: a resident, and those that the resident acts for; for
    /// staff those in care whose name or number holds the text.
    ///
    /// - Parameters:
    ///   - account: the person.
    ///   - assignment: in which role.
    ///   - text: what was typed; empty for nothing.
    ///   - limit: how many at most.
    func patients(
        of account: Account, as assignment: RoleAssignment, matching text: String, limit: Int
    ) async throws -> [PatientChoice]

    /// One patient, if the person may read it in this role; nil otherwise.
    func patient(_ id: String, for account: Account, as assignment: RoleAssignment) async throws -> PatientChoice?

    /// The name of an institution by its reference, `Organization/…`; nil where it is not known.
    func name(ofOrganization reference: String) async -> String?
}

/// A patient who can be the one in context.
public struct PatientChoice: Sendable, Hashable, Identifiable {
    /// The id of the Patient.
    public let id: String
    /// The name, as the one who chooses may see it.
    public let name: String
    /// What tells people of one name apart, such as the year of birth.
    public let detail: String

    /// A choice.
    public init(id: String, name: String, detail: String = "") {
        self.id = id
        self.name = name
        self.detail = detail
    }
}
