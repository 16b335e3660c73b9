public import Access
public import Accounts
public import AuditLog
public import Hummingbird
public import Records
public import SQL

/// What the pages need of the house's access control. A portal without one is open: nobody signs in, and everybody sees
/// everything.
public protocol PortalGate: Sendable {
    /// Who may sign in, and how.
    var accounts: Accounts { get }
    /// Whether browsers reach the pages by TLS, so that cookies carry `Secure` and the prefix `__Host-`.
    var isSecure: Bool { get }

    /// The network address and the device that a request comes from.
    func origin(of request: Request, _ context: BasicRequestContext) -> AccountRequest
    /// Who is signed in, in the role that was chosen; nil for nobody, and for a sign-in that is not complete.
    func caller(_ request: Request) async throws -> PortalCaller?
    /// The value of the cookie that keeps the choice of a role; good for this session only.
    func roleCookie(_ assignment: RoleAssignment, for caller: PortalCaller) -> String

    /// What the caller reaches of the records, for one page.
    func records(_ caller: PortalCaller, requestID: String) throws -> any PortalRecords
    /// The ids of the Patients whose accesses the caller may look at, beside the own one.
    func wards(of caller: PortalCaller) throws -> [String]
    /// Whether the caller may do what is about no record.
    func may(_ caller: PortalCaller, _ action: Action) -> Bool
    /// Opens one patient's record to a clinician for a while, writes it into the log and tells the patient.
    ///
    /// - Returns: false when there is no such patient or the caller may not; which, is not told.
    func breakGlass(
        _ caller: PortalCaller, patient: String, reason: String, requestID: String
    ) async throws -> Bool

    /// Hands an event to the audit log; when this returns, it is there.
    func note(_ event: PortalEvent, of caller: PortalCaller) throws
    /// Reads the audit log.
    func readAudit<T>(_ body: (SQLConnection) throws -> T) throws -> T
    /// What is wrong with the keeping of the log just now, in words for an operator; empty when nothing is.
    var auditFaults: [String] { get }
}

/// Somebody who is signed in, in one role.
public struct PortalCaller: Sendable {
    /// The session's token.
    public var token: String
    /// The session and the account with all its roles.
    public var signedIn: SignedIn
    /// The role chosen; nil for an account that has none now.
    public var assignment: RoleAssignment?
    /// Who asks, for decisions.
    public var subject: Subject

    /// Somebody who is signed in.
    public init(token: String, signedIn: SignedIn, assignment: RoleAssignment?, subject: Subject) {
        self.token = token
        self.signedIn = signedIn
        self.assignment = assignment
        self.subject = subject
    }

    /// The roles that may be chosen among.
    func assignments(at now: Int64) -> [RoleAssignment] { signedIn.account.assignments(at: now) }
}

/// Something that a page did, for the audit log; who did it and when, the gate knows.
public struct PortalEvent: Sendable, Hashable {
    /// What.
    public var action: AuditAction
    /// How it ended.
    public var outcome: AuditOutcome
    /// Why, or why not: a code or a few words.
    public var reason: String
    /// Whose record it concerns: `Patient/…`.
    public var patients: [String]
    /// What was touched.
    public var entities: [AuditEntity]
    /// The number of the request.
    public var requestID: String

    /// Describes an event.
    public init(
        _ action: AuditAction, outcome: AuditOutcome = .success, reason: String = "", patients: [String] = [],
        entities: [AuditEntity] = [], requestID: String
    ) {
        self.action = action
        self.outcome = outcome
        self.reason = reason
        self.patients = patients
        self.entities = entities
        self.requestID = requestID
    }
}
