import Access
import Accounts
import AuditLog
import Edge
import FHIR
import Foundation
import Gate
import HTTPTypes
import HealthCode
import Hummingbird
import Portal
import Records
import SQL
import SignIn

/// Sign-in, the rules and the audit log of a server, opened together beside its store.
struct HouseGuard: Sendable {
    let gate: Gate
    let accounts: Accounts
    /// How programs get tokens, and people come in by other providers.
    let signIn: SignIn
    /// Makes health codes.
    let healthCodes: HealthCodeDesk
    private let outbound = HTTPSOutbound()
    /// Signs in the house's own programs.
    let token: HouseToken
    private let accountDatabase: any SQLDatabase
    private let journal: AuditJournal
    private let checkpoints: AuditCheckpoints

    /// The file of the token that `load`, `city` and the like sign in with, in the data folder.
    static let tokenFile = "house.token"

    /// - Parameters:
    ///   - store: the records, opened to be seen by rules.
    ///   - place: where the accounts are.
    ///   - folder: keeps the journal, the keys and the token.
    ///   - origin: where people reach the server.
    ///   - providers: other providers of identities.
    ///   - rules: what is asked of those who sign in.
    ///   - isDemo: whether pages say that the city is a simulated one.
    /// - Throws: ``Failure`` with what to do.
    init(
        _ store: RecordStore, _ definitions: Definitions, _ place: AccountPlace, folder: String, origin: String,
        providers: [ProviderConfiguration], rules: HouseRules, isDemo: Bool
    ) throws {
        do {
            let database = store.auditDatabase
            let files = AuditFiles(folder)
            let key = try AuditSigningKey(file: files.key ?? "", makingFor: "healthbrain/audit")
            journal = try AuditJournal(AuditJournal.Options(folder: "\(folder)/audit-journal"), database: database)
            checkpoints = AuditCheckpoints(database: database, key: key, file: files.checkpoint)
            let opened = try place.open(creating: true) { [journal] options in
                rules.apply(&options)
                options.recording = AccountAudit.recording(into: journal)
                options.admission = Self.admission
            }
            (accounts, accountDatabase) = (opened.accounts, opened.database)
            healthCodes = HealthCodeDesk(key: opened.key, options: HealthCodeDesk.Options(issuer: origin))
            var generator = SystemRandomNumberGenerator()
            token = HouseToken(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
            try token.write(to: "\(folder)/\(Self.tokenFile)")
            var options = Gate.Options()
            let isSecure = origin.hasPrefix("https://")
            options.isSecure = isSecure
            let directory = RecordDirectory()
            var signing = SignInOptions(origin: origin)
            signing.accountRequest = { request in
                AccountRequest(address: PeerAddress.current, userAgent: request.headers[.userAgent] ?? "")
            }
            signing.readsChinese = { request in
                SignInPages.readsChinese(cookies: request.headers[.cookie], isSecure: isSecure)
            }
            signing.recording = SignInAudit.recording(into: journal)
            signing.admission = Self.admission
            signIn = try SignIn(
                database: opened.database, key: opened.key, accounts: opened.accounts, directory: directory,
                labels: LabelReader(definitions), providers: providers, outbound: outbound,
                pages: SignInPages.house(demo: isDemo, isSecure: isSecure), options: signing)
            gate = try Gate(
                store: store, accounts: accounts, journal: journal, definitions: definitions,
                verifier: TokenDesk(tokens: signIn.tokens), house: token, options: options)
            directory.open(gate)
        } catch let error as AuditError {
            throw Failure("\(error)")
        } catch let error as GateError {
            throw Failure(error.message)
        }
    }

    /// What is wrong with the keeping of the log just now; empty when nothing is.
    var faults: [String] { [journal.status.fault, checkpoints.fault].compactMap { $0 } }

    /// After how many seconds an account or program may try to sign in again, by the rates of the edge.
    private static func admission(_ account: String) -> Int? {
        let arrival = Arrival.current
        return arrival.isFromHere ? nil : arrival.admit(account: account)?.retrySeconds
    }

    /// Begins to keep the log.
    func start() {
        journal.start()
        checkpoints.start()
    }

    /// Ends in order, before the store is closed: everything that was told is in the log, and the log is signed.
    func close() async throws {
        try? await outbound.shutdown()
        checkpoints.stop()
        defer { try? accountDatabase.close() }
        try journal.close()
        try checkpoints.make()
    }
}
