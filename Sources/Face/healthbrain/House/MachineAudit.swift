import Accounts
import AuditLog
import Foundation
import Gate
import SQL
import SignIn
import Synchronization

/// The audit log of a store, as commands at the machine write it: whatever they change has its event, which names who works
/// there and at which machine, and what can't be told is not done.
///
/// On PostgreSQL the event is in the transaction of the change. With SQLite the accounts have a file of their own: the event
/// is then on disk in the log before the change is, so that a crash between the two leaves an event without a change, and
/// never the other way round.
final class MachineAudit: Sendable {
    private let agent: AuditAgent
    private let folder: String?
    /// The file of the log, where it is not in the database of the accounts.
    private let file: String?
    /// The log of that file, once something was told.
    private let log = Mutex<(any SQLDatabase)?>(nil)
    private let hasTold = Atomic(false)

    /// - Parameters:
    ///   - store: the store whose log it is; a log is made where there is none.
    ///   - command: the command, such as `healthbrain account disable`.
    init(_ store: StoreChoice, command: String) {
        agent = AuditAgent(account: Self.worker, role: "machine", client: command)
        folder = store.data
        file = store.database == nil ? "\(store.data ?? ".")/healthbrain.db" : nil
    }

    /// Takes events of accounts.
    var accounts: @Sendable () -> AccountRecorder {
        {
            { [self] event, transaction in
                try record(AccountAudit.entry(event, by: agent, network: ""), transaction)
            }
        }
    }

    /// Takes events of programs, identities and keys.
    var signIn: @Sendable () -> SignInRecorder {
        { { [self] event, transaction in try record(SignInAudit.entry(event, by: agent, network: ""), transaction) } }
    }

    /// Writes an event into the log of a place, where there is one, in a transaction of its own.
    static func note(
        _ action: AuditAction, _ reason: String, in place: HouseArchive.Place, _ command: String
    ) throws {
        let (log, accounts, _) = try place.open(creating: false)
        defer {
            try? log.close()
            try? accounts?.close()
        }
        try log.write { db in
            guard try AuditTrail.exists(in: db) else { return }
            _ = try AuditTrail.append(
                [
                    AuditEntry(
                        at: Int64(Date().timeIntervalSince1970 * 1_000), action: action, outcome: .success,
                        reason: reason, agent: AuditAgent(account: worker, role: "machine", client: command))
                ], in: db)
        }
    }

    private func record(_ entry: AuditEntry, _ transaction: SQLConnection?) throws {
        if let file {
            let database = try log.withLock { log -> any SQLDatabase in
                if let log { return log }
                let opened = try SQLiteDatabase(path: file)
                log = opened
                return opened
            }
            try database.write { db in try Self.append(entry, in: db) }
        } else if let transaction {
            try Self.append(entry, in: transaction)
        } else {
            throw AuditError.journal("An event without a change has no place here.")
        }
        hasTold.store(true, ordering: .relaxed)
    }

    private static func append(_ entry: AuditEntry, in db: SQLConnection) throws {
        if try !AuditTrail.exists(in: db) { try AuditTrail.create(in: db) }
        try AuditTrail.append([entry], in: db)
    }

    /// Signs what was told, where a key is at hand and no server does so.
    ///
    /// - Parameter database: the database of the accounts.
    func close(_ database: any SQLDatabase) throws {
        let files = AuditFiles(folder)
        guard hasTold.load(ordering: .relaxed), let folder, let path = files.key,
            FileManager.default.fileExists(atPath: path)
        else { return }
        let log = log.withLock { $0 }
        // A server that runs signs by itself, and its file is left to it: closing a database folds what it writes.
        let lock = log == nil ? nil : try? DataFolder(folder, creating: false)
        guard log == nil || lock != nil else { return }
        defer { withExtendedLifetime(lock) { try? log?.close() } }
        let key = try AuditSigningKey(file: path, makingFor: nil)
        let checkpoints = AuditCheckpoints(database: log ?? database, key: key, file: files.checkpoint)
        defer { checkpoints.stop() }
        if checkpoints.leads { try checkpoints.make() }
    }

    /// Who works at the machine: the user of the session, and whom they act as where that is another one, and the machine.
    private static var worker: String {
        let user = name(getuid())
        let login = (try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8)).flatMap { UInt32($0) }
        let session = login.flatMap { $0 == .max || $0 == getuid() ? nil : name($0) }
        return (session.map { "\($0) as \(user)" } ?? user) + "@" + ProcessInfo.processInfo.hostName
    }

    private static func name(_ id: uid_t) -> String {
        guard let found = getpwuid(id) else { return "\(id)" }
        return String(cString: found.pointee.pw_name)
    }
}
