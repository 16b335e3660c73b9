import Foundation
public import SQL

/// Who may sign in: accounts, passwords, second factors, sessions.
///
/// All state is in the database, so that several servers on one PostgreSQL share it; a server's memory holds only sessions
/// that it has looked up, and it asks every half second which of them have ended. `Docs/security/accounts.md` says what is
/// promised and how.
public final class Accounts: Sendable {
    /// What the accounts are run with.
    public let options: AccountsOptions

    let database: any SQLDatabase
    let check: PasswordCheck
    let hasher: PasswordHasher
    let attempts: Attempts
    let secrets: SecretBox
    let forms: FormToken
    let cache = SessionCache()
    /// What the passwords of nobody are compared with.
    let nobody: PasswordHash
    /// Writes block: they have a thread of their own.
    private let writer = DispatchQueue(label: "accounts.writer", qos: .userInitiated)

    /// Opens the accounts of a database; makes their tables where they are absent.
    ///
    /// - Parameters:
    ///   - database: the database. On SQLite one of its own, `accounts.db` beside the records: then a command can change
    ///     accounts while a server runs, and neither waits for the other's writes.
    ///   - key: the server key, the same for all servers on the database.
    ///   - options: the rules.
    /// - Throws: ``AccountsError``: `key` when the database was made with another one, `breachList`, `unavailable`.
    public init(database: any SQLDatabase, key: ServerKey, options: AccountsOptions) throws(AccountsError) {
        self.database = database
        self.options = options
        var breached: HashList?
        if let path = options.breachList { breached = try HashList(file: path) }
        check = PasswordCheck(policy: options.passwords, common: try CommonPasswords(), breached: breached)
        hasher = PasswordHasher(
            options.argon2, concurrency: options.hashingConcurrency, waitingMax: options.hashingWaitingMax)
        attempts = Attempts(
            key: key.derived("attempts"), account: options.accountLockout, network: options.networkLockout)
        secrets = SecretBox(key: key.derived("second factor"))
        forms = FormToken(key: key.derived("form"))
        nobody = PasswordHash(unmatchable: options.argon2)
        let keyCheck = key.check
        do {
            let newest = try database.write { db in
                try Schema.create(db, keyCheck: keyCheck)
                return try db.first("SELECT max(change) FROM account_change") { $0.int(0) } ?? 0
            }
            cache.refresh(from: newest, [], at: options.now())
        } catch {
            throw AccountsError(translating: error)
        }
    }

    /// Reads on the calling thread.
    func read<T>(_ body: (SQLConnection) throws -> T) throws(AccountsError) -> T {
        do { return try database.read(body) } catch { throw AccountsError(translating: error) }
    }

    /// Writes on the writer's thread, in a transaction that is durable when this returns.
    func write<T: Sendable>(_ body: @escaping @Sendable (SQLConnection) throws -> T) async throws(AccountsError) -> T {
        let result: Result<T, any Error> = await withCheckedContinuation { continuation in
            writer.async { [database] in continuation.resume(returning: Result { try database.write(body) }) }
        }
        do { return try result.get() } catch { throw AccountsError(translating: error) }
    }

    /// A change that has to be durable, but keeps no order with others.
    func writeAside(_ body: @escaping @Sendable (SQLConnection) throws -> Void) async throws(AccountsError) {
        let result: Result<Void, any Error> = await withCheckedContinuation { continuation in
            writer.async { [database] in continuation.resume(returning: Result { try database.writeAside(body) }) }
        }
        do { try result.get() } catch { throw AccountsError(translating: error) }
    }

    /// How a call tells of what it does.
    func telling(_ request: AccountRequest? = nil) -> AccountTelling {
        AccountTelling(record: options.recording(), now: options.now, address: request?.address)
    }

    /// A random UUID of version 4 (RFC 9562 §5.4).
    func newID() -> UUID {
        var bytes = options.random(16)
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
