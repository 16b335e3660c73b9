import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// SQLite by GRDB: write-ahead log, a pool of readers, one writer, every commit synced to the disk.
public final class SQLiteDatabase: SQLDatabase {
    private let pool: any DatabaseWriter
    private let path: String?
    /// One wrapper for each open handle. A handle is only ever used by one thread at a time (GRDB serialises it).
    private let wrappers = Mutex<[UInt: Wrapper]>([:])
    private let pointReaders: SQLitePointReaders?
    /// Nil for a database in memory, which has no log.
    private let checkpoints: SQLiteCheckpoints?
    private let log: SQLiteLogSync?
    private let isClosed = Atomic(false)
    /// For how many seconds one connection waits for another.
    private static let patience = 10
    private let following = WaitingThreads(name: "sqlite following", threadsMax: 4)
    private let quiet = WaitingThreads(name: "sqlite quiet", threadsMax: 3, niceness: 10)

    /// - Parameters:
    ///   - path: the file, made when absent; nil for a database in memory.
    ///   - readers: how many may read at once.
    ///   - cacheBytes: the page cache of the writer.
    ///   - logPagesMax: how many pages of 4 KiB the write-ahead log may have before it is folded into the file.
    public init(
        path: String?, readers: Int = 4, cacheBytes: Int = 256 << 20, logPagesMax: Int = 16384
    ) throws(SQLError) {
        self.path = path
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(TimeInterval(Self.patience))
        configuration.label = "healthbrain"
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            try db.execute(sql: "PRAGMA cache_size = -\(cacheBytes / 1024)")
            try db.execute(sql: "PRAGMA mmap_size = \(8 << 30)")
            if let handle = db.sqliteConnection { SQLiteMapping.keep(handle) }
            // The log is cut to this when it begins anew: it may grow while it is folded in, and a file that needn't grow again
            // is quicker to sync.
            try db.execute(sql: "PRAGMA journal_size_limit = \(256 << 20)")
        }
        do {
            pool =
                if let path { try DatabasePool(path: path, configuration: configuration) } else {
                    try DatabaseQueue(configuration: configuration)
                }
            // FULL: an acknowledged fact survives a power cut. GRDB sets NORMAL when it turns the write-ahead log on,
            // which is after it has prepared the connection.
            checkpoints = path.map { [pool] path in
                SQLiteCheckpoints(path: path, pagesMax: logPagesMax) {
                    pool.writeWithoutTransaction { db in
                        if let handle = db.sqliteConnection {
                            SQLiteCheckpoints.finish(handle, patience: Self.patience)
                        }
                    }
                }
            }
            try pool.writeWithoutTransaction { [checkpoints] db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                if let handle = db.sqliteConnection { checkpoints?.follow(handle) }
            }
        } catch {
            throw SQLError(translating: error)
        }
        pointReaders = path.map { SQLitePointReaders(path: $0) }
        log = path.map { SQLiteLogSync(path: $0) }
    }

    /// Four: one goes on where others fill an index.
    public var followingThreads: (any TaskExecutor)? { following }

    /// Three, of the niceness 10: persons are linked while others learn or a dictionary is trained.
    public var quietThreads: (any TaskExecutor)? { quiet }

    /// Reads in a deferred transaction.
    public func read<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try checkOpen()
        do {
            return try pool.read { db in
                try checkOpen()
                return try body(try connection(db))
            }
        } catch {
            throw translated(error)
        }
    }

    /// Reads outside a transaction, on a connection that no queue stands before.
    public func readOnce<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try checkOpen()
        guard let pointReaders else { return try read(body) }
        return try pointReaders.read(body)
    }

    private func checkOpen() throws(SQLError) {
        if isClosed.load(ordering: .acquiring) { throw SQLError(.closed, "The database is closed.") }
    }

    /// Writes in an immediate transaction.
    public func write<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try onWriter { connection in try Self.transaction(on: connection, body) }
    }

    /// Writes in an immediate transaction that is synced with the next one: a power cut may undo it, and never what was
    /// committed before it.
    public func writeAside<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try onWriter { connection in
            try connection.run(script: "PRAGMA synchronous = NORMAL")
            let result = Result { try Self.transaction(on: connection, body) }
            let isDurable = (try? connection.run(script: "PRAGMA synchronous = FULL")) != nil
            precondition(isDurable, "what is acknowledged next must outlive a power cut")
            return try result.get()
        }
    }

    /// Writes in an immediate transaction, and syncs the log when the next one may begin already.
    public func writeThenSync<T>(_ body: (SQLConnection) throws -> T, seen: () -> Void) throws -> T {
        let result = try writeAside(body)
        seen()
        try log?.sync()
        return result
    }

    private func onWriter<T>(_ body: (SQLiteConnection) throws -> T) throws -> T {
        try checkOpen()
        do {
            return try pool.writeWithoutTransaction { db in
                try checkOpen()
                return try body(try connection(db))
            }
        } catch {
            throw translated(error)
        }
    }

    private static func transaction<T>(
        on connection: SQLiteConnection, _ body: (SQLConnection) throws -> T
    ) throws -> T {
        try connection.run(script: "BEGIN IMMEDIATE")
        do {
            let result = try body(connection)
            try connection.run(script: "COMMIT")
            return result
        } catch {
            if sqlite3_get_autocommit(connection.handle) == 0 { try? connection.run(script: "ROLLBACK") }
            throw error
        }
    }

    /// Of the file and its log.
    public func bytes() -> Int {
        guard let path else {
            return (try? read { db in try db.first("PRAGMA page_count") { Int($0.int(0)) * 4096 } ?? 0 }) ?? 0
        }
        return [path, path + "-wal"].reduce(0) { sum, file in
            let size = try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
            return sum + (size ?? 0)
        }
    }

    /// Returns when the log is not being folded into the file.
    public func checkpointed() { checkpoints?.settle() }

    /// Waits for those who read or write, finalises the statements and closes the file; not to be called by one of them.
    public func close() throws {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        pointReaders?.close()
        checkpoints?.close()
        following.close()
        quiet.close()
        // A closed store is one file: whoever copies it has everything.
        try? checkpoint()
        do {
            // Behind all who still read or write: a statement is never finalised under them.
            try pool.barrierWriteWithoutTransaction { _ in
                wrappers.withLock { held in
                    for wrapper in held.values { wrapper.connection.finalizeStatements() }
                    held.removeAll()
                }
            }
            try pool.close()
        } catch {
            throw translated(error)
        }
    }

    /// Folds the write-ahead log into the database file, as far as readers let it.
    public func checkpoint() throws {
        do {
            try pool.writeWithoutTransaction { db in
                let connection = try connection(db)
                _ = try connection.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) }
            }
        } catch {
            throw translated(error)
        }
    }

    private func connection(_ db: Database) throws -> SQLiteConnection {
        guard let handle = db.sqliteConnection else { throw SQLError(.closed, "The database is closed.") }
        let key = UInt(bitPattern: handle)
        return wrappers.withLock { held in
            if let wrapper = held[key] { return wrapper }
            let wrapper = Wrapper(connection: SQLiteConnection(handle: handle))
            held[key] = wrapper
            return wrapper
        }.connection
    }

    private func translated(_ error: any Error) -> any Error {
        error is DatabaseError ? SQLError(translating: error) : error
    }
}

/// Carries a connection through the table of wrappers.
///
/// `@unchecked Sendable`: the connection is used only inside GRDB's closure for its handle, which GRDB runs on one
/// thread at a time; the table itself is guarded by a mutex.
private final class Wrapper: @unchecked Sendable {
    let connection: SQLiteConnection
    init(connection: SQLiteConnection) { self.connection = connection }
}

extension SQLError {
    init(translating error: any Error) {
        if let own = error as? SQLError {
            self = own
        } else if let database = error as? DatabaseError {
            self.init(
                Reason(sqlite: database.resultCode.rawValue), database.message ?? "The database failed.",
                sql: database.sql)
        } else {
            self.init(.io, String(describing: error))
        }
    }
}

extension SQLError.Reason {
    /// The kind of a SQLite result code: <https://www.sqlite.org/rescode.html>.
    init(sqlite code: Int32) {
        switch code & 0xFF {
        case SQLITE_CONSTRAINT: self = .constraint
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_FULL: self = .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt
        case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: self = .io
        case SQLITE_MISUSE: self = .closed
        default: self = .statement
        }
    }
}
