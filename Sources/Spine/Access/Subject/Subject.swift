/// Somebody who asks: who it is, in what role, from where, why, and what their token is limited to.
public struct Subject: Sendable, Hashable {
    /// The account's id, for the audit log.
    public var account: String
    /// In what capacity.
    public var role: Role
    /// The Patient that the account is tied to, by id; residents need it.
    public var patient: String?
    /// The references by which a consent may name the subject: `Practitioner/1`, `PractitionerRole/2`, `Patient/3`.
    public var references: Set<String>
    /// The organisations acted for: the own institution with all its parts.
    public var reach: Reach
    /// The organisations above the own one, which a consent may name too.
    public var organisationsAbove: Set<String>
    /// The division that an epidemiologist answers for: a district or a city.
    public var division: Division?
    /// Why.
    public var purpose: Purpose
    /// What the token is limited to; nil when the sign-in was no grant of scopes (pages).
    public var scopes: Scopes?
    /// The sensitive categories that the account was granted, each by its own act.
    public var sensitivities: Set<Sensitivity>

    /// - Parameters:
    ///   - account: the account's id.
    ///   - role: in what capacity.
    ///   - patient: the id of the account's Patient.
    ///   - references: references by which a consent may name the subject.
    ///   - reach: the organisations acted for.
    ///   - organisationsAbove: the organisations above the own one.
    ///   - division: the division that an epidemiologist answers for.
    ///   - purpose: why.
    ///   - scopes: what the token is limited to; nil for no limits.
    ///   - sensitivities: sensitive categories granted.
    public init(
        account: String, role: Role, patient: String? = nil, references: Set<String> = [],
        reach: Reach = .organisations([]), organisationsAbove: Set<String> = [], division: Division? = nil,
        purpose: Purpose, scopes: Scopes? = nil, sensitivities: Set<Sensitivity> = []
    ) {
        self.account = account
        self.role = role
        self.patient = patient
        self.references = references
        self.reach = reach
        self.organisationsAbove = organisationsAbove
        self.division = division
        self.purpose = purpose
        self.scopes = scopes
        self.sensitivities = sensitivities
    }

    /// One who has not signed in.
    public static let anonymous = Subject(account: "", role: .anonymous, purpose: .operations)
}
