public import Access
public import Accounts
public import AuditLog
public import FHIR
import Foundation
public import Records

/// The one way to the records for whoever comes from outside: says who a request comes from, gives them what they reach of
/// the store, and hands what they did to the audit log before the answer leaves.
public final class Gate: Sendable {
    /// What may be chosen.
    public struct Options: Sendable {
        /// Whether clients reach the server by TLS.
        public var isSecure = false
        /// The rules.
        public var policy = AccessPolicy()
        /// The name of the server in audit events.
        public var site = "healthbrain"
        /// The time, in milliseconds since 1970 UTC.
        public var now: @Sendable () -> Int64 = { WallClock.milliseconds() }

        /// The defaults.
        public init() {}
    }

    /// The records.
    public let store: RecordStore
    /// Who may sign in.
    public let accounts: Accounts
    /// Where events go whose effect is no write.
    public let journal: AuditJournal
    /// What was chosen.
    public let options: Options
    /// The cookies of browsers.
    public let cookies: GateCookies
    /// Reads what resources are about, and scopes.
    public let labels: LabelReader
    /// The R4 tables.
    public let definitions: Definitions

    let subjects: Subjects
    let callers = CallerMemory()
    /// How many senders are remembered.
    package var rememberedCallers: Int { callers.count }
    let verifier: (any TokenVerifier)?
    let house: HouseToken?
    let ownScopes: Scopes

    /// - Parameters:
    ///   - store: the records.
    ///   - accounts: who may sign in.
    ///   - journal: where events go; it is started and ended by the caller.
    ///   - definitions: the R4 tables.
    ///   - verifier: knows bearer tokens; nil where there are none.
    ///   - house: the token of the house's own programs; nil where they have none.
    ///   - options: what may be chosen.
    public init(
        store: RecordStore, accounts: Accounts, journal: AuditJournal, definitions: Definitions,
        verifier: (any TokenVerifier)? = nil, house: HouseToken? = nil, options: Options = Options()
    ) throws {
        self.store = store
        self.accounts = accounts
        self.journal = journal
        self.options = options
        self.verifier = verifier
        self.house = house
        cookies = GateCookies(isSecure: options.isSecure)
        labels = LabelReader(definitions)
        self.definitions = definitions
        ownScopes = try Scopes("system/*.cruds", labels)
        subjects = Subjects(Organisations(store, now: options.now))
    }
}
