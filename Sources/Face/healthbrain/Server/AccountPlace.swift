import Accounts
import Foundation
import SQL

/// Where the accounts of a store are: `accounts.db` in its data folder, or its PostgreSQL database; and their server key.
struct AccountPlace {
    /// The environment variable that names the file of the server key.
    static let keyVariable = "HEALTHBRAIN_KEY_FILE"
    /// The environment variable that names a file of breached passwords.
    static let breachVariable = "HEALTHBRAIN_BREACHED_PASSWORDS"

    private let database: PostgreSQLAddress?
    private let folder: String?
    private let store: StoreChoice

    /// Accounts that a command has opened.
    struct Opened {
        let accounts: Accounts
        let database: any SQLDatabase
        let key: ServerKey
        /// Takes what the command does.
        let audit: MachineAudit

        func close() throws {
            defer { try? database.close() }
            try audit.close(database)
        }
    }

    /// The place that belongs to a store.
    init(_ store: StoreChoice) throws {
        self.store = store
        database = try store.database.map(StoreLocation.address)
        folder = store.data
    }

    /// Opens the accounts for a command at the machine, whose changes are events of the audit log; the data folder is not
    /// taken, since a server may be using it.
    ///
    /// - Parameters:
    ///   - creating: whether they, and their key, may be made when they are absent.
    ///   - command: the command, for the log.
    func open(creating: Bool, command: String) throws -> Opened {
        // What is made from now on is for its user alone.
        umask(0o077)
        if !creating { try checkPresence() }
        if database == nil, let folder, !FileManager.default.fileExists(atPath: folder) {
            throw Misuse("There is no folder \(folder).")
        }
        let audit = MachineAudit(store, command: command)
        let opened = try open(creating: creating) { $0.recording = audit.accounts }
        return Opened(accounts: opened.accounts, database: opened.database, key: opened.key, audit: audit)
    }

    /// Opens the accounts.
    ///
    /// - Parameters:
    ///   - creating: whether they, and their key, may be made when they are absent.
    ///   - change: sets rules, and what takes events.
    func open(
        creating: Bool, _ change: (inout AccountsOptions) -> Void
    ) throws -> (accounts: Accounts, database: any SQLDatabase, key: ServerKey) {
        var options = AccountsOptions(now: { Int64(Date().timeIntervalSince1970 * 1_000) })
        options.breachList = ProcessInfo.processInfo.environment[Self.breachVariable]
        change(&options)
        do {
            let areThere = database == nil && FileManager.default.fileExists(atPath: file)
            if !creating { try checkPresence() }
            let key = try ServerKey(file: keyFile(), creating: !areThere)
            let opened = try openDatabase()
            return (try Accounts(database: opened, key: key, options: options), opened, key)
        } catch let error as AccountsError {
            throw Failure(error.message)
        } catch let error as SQLError {
            throw Failure("The accounts can't be opened: \(error.message)")
        }
    }

    private func checkPresence() throws {
        if database == nil, !FileManager.default.fileExists(atPath: file) {
            throw Misuse("There are no accounts in \(folder ?? "").")
        }
    }

    private var file: String { "\(folder ?? ".")/accounts.db" }

    /// The file of the server key.
    func keyFile() throws -> String {
        if let path = ProcessInfo.processInfo.environment[Self.keyVariable] { return path }
        guard let folder else {
            throw Misuse("Name the file of the server key by \(Self.keyVariable), or give --data beside --database.")
        }
        return "\(folder)/server.key"
    }

    /// Opens the database of the accounts.
    func openDatabase() throws -> any SQLDatabase {
        if let database { return try PostgreSQLDatabase(database, readers: 4) }
        return try Self.openFile(file)
    }

    /// Opens a file of accounts, and makes it when it is absent.
    static func openFile(_ file: String) throws -> any SQLDatabase {
        // SQLite gives its log files the mode of the database: its owner alone reads what it holds about people.
        let descriptor = Foundation.open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Misuse("\(file) can't be opened.") }
        close(descriptor)
        return try SQLiteDatabase(path: file, cacheBytes: 8 << 20)
    }
}
