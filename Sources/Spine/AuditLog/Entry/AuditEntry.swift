/// One event of the log: who did what to whose record, when, from where, why, and how it ended.
///
/// An empty text means that it is not known or does not apply. No field holds a person's name, number or phone; only the
/// text of a search may, since it is what was asked.
public struct AuditEntry: Sendable, Hashable {
    /// When it happened: milliseconds since 1970-01-01 UTC.
    public var at: Int64
    /// What was done or tried.
    public var action: AuditAction
    /// How it ended.
    public var outcome: AuditOutcome
    /// Why it ended so, as a code or a few words: `no-care-relation`, or the reason given at break-glass.
    public var reason: String
    /// Who did it.
    public var agent: AuditAgent
    /// The address of the network that the request came from, or a hash of it.
    public var network: String
    /// The session, by an identifier that can't be used to enter it.
    public var session: String
    /// The purpose of use, a code of <http://terminology.hl7.org/CodeSystem/v3-ActReason>: `TREAT`, `ETREAT`, `PATRQT`.
    public var purpose: String
    /// The `X-Request-Id`.
    public var request: String
    /// The time that the event speaks of, where that is not the instant: milliseconds, end not included.
    public var period: Range<Int64>?
    /// Whose record it concerns: `Patient/…`.
    public var patients: [String]
    /// What was touched.
    public var entities: [AuditEntity]

    /// Describes an event; what is left out is not known or does not apply.
    public init(
        at: Int64, action: AuditAction, outcome: AuditOutcome = .success, reason: String = "",
        agent: AuditAgent = AuditAgent(), network: String = "", session: String = "", purpose: String = "",
        request: String = "", period: Range<Int64>? = nil, patients: [String] = [], entities: [AuditEntity] = []
    ) {
        self.at = at
        self.action = action
        self.outcome = outcome
        self.reason = reason
        self.agent = agent
        self.network = network
        self.session = session
        self.purpose = purpose
        self.request = request
        self.period = period
        self.patients = patients
        self.entities = entities
    }
}

/// Who acted, and in which role.
public struct AuditAgent: Sendable, Hashable {
    /// The account's id.
    public var account: String
    /// The person of the account: `Practitioner/…` or `Patient/…`.
    public var person: String
    /// The role they acted in: `clinician`, `resident`, …
    public var role: String
    /// The logical id of the Organization they acted for.
    public var organization: String
    /// The program they used: a client id, or empty for the server's own pages.
    public var client: String

    /// Describes an agent.
    public init(
        account: String = "", person: String = "", role: String = "", organization: String = "", client: String = ""
    ) {
        self.account = account
        self.person = person
        self.role = role
        self.organization = organization
        self.client = client
    }
}

/// What an event touched.
public enum AuditEntity: Sendable, Hashable {
    /// A resource, `Observation/…`, and the version that was read or made; empty when not known.
    case resource(String, version: String = "")
    /// The search as it was asked, byte by byte: it may be malformed, and may hold names.
    case query([UInt8])

    /// What stands before a resource in an encoding.
    static let resourceKind: UInt8 = 0
    /// What stands before a query.
    static let queryKind: UInt8 = 1
}
