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

    /// The place that belongs to a store.
    init(_ store: StoreChoice) throws {
        guard let text = store.database else {
            database = nil
            folder = store.data
            return
        }
        guard PostgreSQLAddress.isAddress(text) else {
            throw Misuse("A database looks like postgres://user@host:5432/name.")
        }
        do { database = try PostgreSQLAddress(text) } catch { throw Misuse(error.message) }
        folder = store.data
    }

    /// Opens the accounts; the data folder is not taken, since a server may be using it.
    ///
    /// - Parameters:
    ///   - creating: whether they, and their key, may be made when they are absent.
    ///   - onEvent: told of what happens.
    func open(
        creating: Bool, onEvent: @escaping @Sendable (AccountEvent) -> Void = { _ in }
    ) throws -> (accounts: Accounts, database: any SQLDatabase, key: ServerKey) {
        let environment = ProcessInfo.processInfo.environment
        var options = AccountsOptions(now: { Int64(Date().timeIntervalSince1970 * 1_000) })
        options.breachList = environment[Self.breachVariable]
        options.onEvent = onEvent
        do {
            let areThere = database == nil && FileManager.default.fileExists(atPath: file)
            if database == nil, !areThere, !creating { throw Misuse("There are no accounts in \(folder ?? "").") }
            let key = try ServerKey(file: keyFile(environment), creating: !areThere)
            let opened = try openDatabase()
            return (try Accounts(database: opened, key: key, options: options), opened, key)
        } catch let error as AccountsError {
            throw Failure(error.message)
        } catch let error as SQLError {
            throw Failure("The accounts can't be opened: \(error.message)")
        }
    }

    private var file: String { "\(folder ?? ".")/accounts.db" }

    private func keyFile(_ environment: [String: String]) throws -> String {
        if let path = environment[Self.keyVariable] { return path }
        guard let folder else {
            throw Misuse("Name the file of the server key by \(Self.keyVariable), or give --data beside --database.")
        }
        return "\(folder)/server.key"
    }

    private func openDatabase() throws -> any SQLDatabase {
        if let database { return try PostgreSQLDatabase(database, readers: 4) }
        // SQLite gives its log files the mode of the database: its owner alone reads what it holds about people.
        let descriptor = Foundation.open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Misuse("\(file) can't be opened.") }
        close(descriptor)
        return try SQLiteDatabase(path: file, cacheBytes: 8 << 20)
    }
}
