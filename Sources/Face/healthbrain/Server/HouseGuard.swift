import Access
import Accounts
import AuditLog
import FHIR
import Foundation
import Gate
import Logging
import Records
import SQL

/// Sign-in, the rules and the audit log of a server, opened together beside its store.
struct HouseGuard: Sendable {
    let gate: Gate
    let accounts: Accounts
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
    ///   - isSecure: whether clients reach the server by TLS.
    /// - Throws: ``Failure`` with what to do.
    init(
        _ store: RecordStore, _ definitions: Definitions, _ place: AccountPlace, folder: String, isSecure: Bool,
        _ logger: Logger
    ) throws {
        do {
            let database = store.auditDatabase
            let files = AuditFiles(folder)
            let key = try AuditSigningKey(file: files.key ?? "", makingFor: "healthbrain/audit")
            journal = try AuditJournal(AuditJournal.Options(folder: "\(folder)/audit-journal"), database: database)
            checkpoints = AuditCheckpoints(database: database, key: key, file: files.checkpoint)
            let audit = AccountAudit(journal) { error in
                logger.error("the audit log does not take an event of an account", metadata: ["error": "\(error)"])
            }
            (accounts, accountDatabase) = try place.open(creating: true) { audit.take($0) }
            var generator = SystemRandomNumberGenerator()
            token = HouseToken(bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
            try token.write(to: "\(folder)/\(Self.tokenFile)")
            var options = Gate.Options()
            options.isSecure = isSecure
            gate = try Gate(
                store: store, accounts: accounts, journal: journal, definitions: definitions, house: token,
                options: options)
        } catch let error as AuditError {
            throw Failure("\(error)")
        } catch let error as GateError {
            throw Failure(error.message)
        }
    }

    /// What is wrong with the keeping of the log just now; empty when nothing is.
    var faults: [String] { [journal.status.fault, checkpoints.fault].compactMap { $0 } }

    /// Begins to keep the log.
    func start() {
        journal.start()
        checkpoints.start()
    }

    /// Ends in order, before the store is closed: everything that was told is in the log, and the log is signed.
    func close() throws {
        checkpoints.stop()
        try journal.close()
        try checkpoints.make()
        try accountDatabase.close()
    }
}
