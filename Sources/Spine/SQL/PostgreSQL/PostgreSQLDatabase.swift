import Foundation
import Synchronization

/// PostgreSQL by libpq: a pool of readers, one writer, every commit durable when it returns.
///
/// A write is alone among the writers of all servers on the same schema: its transaction begins with an advisory lock, so
/// what writers number by themselves stays in the order of commits. Reads see one snapshot. Calls block their thread for
/// some round trips; make them from threads of your own.
///
/// A connection that is lost fails what was running on it with ``SQLError/Reason/unavailable``; the next call connects
/// anew. A commit whose answer was lost is looked up, so that a write that throws was not made (``PostgreSQLWriteMark``).
public final class PostgreSQLDatabase: SQLDatabase {
    /// How long the fate of a commit is asked for when its answer was lost, in seconds.
    private static let fateSecondsMax = 15.0
    /// How many threads may wait for answers. More than connections are there, so that who waits for one of these leaves
    /// threads to others.
    private static let threadsMax = 64

    /// Where the database is.
    public let address: PostgreSQLAddress
    private let readers: PostgreSQLPool
    private let writer: PostgreSQLPool
    private let asides: PostgreSQLPool
    private let mark = PostgreSQLWriteMark.Source()
    private let isClosed = Atomic(false)
    private let listeners = Mutex<[PostgreSQLListener]>([])
    private let leader: PostgreSQLLeader
    private let threads = WaitingThreads(name: "postgresql", threadsMax: threadsMax)
    private let rebuilding = Mutex<PostgreSQLRebuilding?>(nil)

    /// Connects, and makes the schema when it is absent.
    ///
    /// - Parameters:
    ///   - address: where the database is.
    ///   - readers: how many may read at once; each is a connection.
    /// - Throws: ``SQLError`` of reason `unavailable` when the server can't be reached.
    public init(_ address: PostgreSQLAddress, readers: Int = 8) throws(SQLError) {
        self.address = address
        self.readers = PostgreSQLPool(address, isWriter: false, connectionsMax: readers)
        writer = PostgreSQLPool(address, isWriter: true, connectionsMax: 1, patience: .infinity)
        asides = PostgreSQLPool(address, isWriter: true, connectionsMax: 2)
        leader = PostgreSQLLeader(address)
        try makeSchema()
    }

    /// Connects to the database of a URL such as `postgres://user@host:5432/name?schema=own`.
    public convenience init(url: String, readers: Int = 8) throws(SQLError) {
        try self.init(PostgreSQLAddress(url), readers: readers)
    }

    private func makeSchema() throws(SQLError) {
        let connection = try writer.take()
        defer { writer.give(connection) }
        do {
            let known = try connection.first(
                "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = '\(PostgreSQLWriteMark.table)'",
                [.text(address.schema)], map: { $0.int(0) })
            if known == nil {
                try connection.run(
                    script: """
                        BEGIN; SELECT pg_advisory_xact_lock(\(address.lockKey("schema")));
                        CREATE SCHEMA IF NOT EXISTS \(address.quotedSchema); \(PostgreSQLWriteMark.definition); COMMIT;
                        """)
            }
            try connection.run(script: PostgreSQLWriteMark.clearing)
        } catch {
            throw error as? SQLError ?? SQLError(.statement, "\(error)")
        }
    }

    // MARK: Reading

    /// Reads in a read-only transaction of level REPEATABLE READ.
    public func read<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try reading(begin: { connection throws(SQLError) in try connection.beginReading() }, body)
    }

    /// Reads outside a transaction.
    public func readOnce<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try reading(begin: { $0.beginSingleReads() }, body)
    }

    /// A connection that has waited in the pool may have been lost there. When nothing was read yet, another one is tried.
    private func reading<T>(
        begin: (PostgreSQLConnection) throws(SQLError) -> Void, _ body: (SQLConnection) throws -> T
    ) throws -> T {
        try checkOpen()
        var isSecond = false
        while true {
            let connection = try readers.take()
            defer { readers.give(connection) }
            do {
                try begin(connection)
                let result = try body(connection)
                connection.endReading()
                return result
            } catch {
                connection.rollback()
                guard connection.isBroken else { throw error }
                readers.forgetIdle()
                guard !isSecond, connection.answers == 0 else { throw error }
                isSecond = true
            }
        }
    }

    // MARK: Writing

    /// Writes in a transaction that no other writer of the schema runs beside.
    public func write<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try checkOpen()
        let mark = mark.next()
        let connection = try begin(writer) { [lock = address.lockKey("writer")] connection throws(SQLError) in
            try connection.beginWriting(lock: lock, mark: mark)
        }
        defer { writer.give(connection) }
        let result = try undoing(connection) { try body(connection) }
        do {
            try connection.commit()
        } catch {
            guard connection.isBroken, try wasCommitted(connection.transactionID, mark) else { throw error }
        }
        return result
    }

    /// Writes in a small transaction of its own, which waits for no writer and is not synced to the disk at once.
    public func writeAside<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        try checkOpen()
        let connection = try begin(asides) { connection throws(SQLError) in
            try connection.beginWritingAside()
            try connection.session.synchronize()
        }
        defer { asides.give(connection) }
        let result = try undoing(connection) { try body(connection) }
        try connection.commit()
        return result
    }

    /// Takes a connection and begins on it; tries once more when the one that waited was lost.
    private func begin(
        _ pool: PostgreSQLPool, _ start: (PostgreSQLConnection) throws(SQLError) -> Void
    ) throws(SQLError) -> PostgreSQLConnection {
        var isSecond = false
        while true {
            let connection = try pool.take()
            do throws(SQLError) {
                try start(connection)
                return connection
            } catch {
                if !connection.isBroken { connection.rollback() }
                pool.give(connection)
                guard connection.isBroken, !isSecond else { throw error }
                isSecond = true
            }
        }
    }

    private func undoing<T>(_ connection: PostgreSQLConnection, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// What became of a commit whose answer was lost.
    private func wasCommitted(_ transactionID: String?, _ mark: PostgreSQLWriteMark) throws(SQLError) -> Bool {
        let end = Date(timeIntervalSinceNow: Self.fateSecondsMax)
        while let transactionID, Date() < end {
            let connection = try? PostgreSQLConnection(address, isWriter: false)
            if let stands = try? connection.flatMap({ try mark.stands($0, transactionID) }) { return stands }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw SQLError(
            .unavailable,
            "The connection to PostgreSQL was lost while a write was committed, and the server does not answer: whether "
                + "the write was made is not known. Read before writing it again.")
    }

    // MARK: Other servers

    /// Messages that servers on the same schema sent with ``SQLConnection/notify(_:_:)``, as their writes are committed.
    ///
    /// After a connection is lost and found again an empty message comes, since others may have been missed.
    public func notifications(_ channel: String) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(256))
        let listener = PostgreSQLListener(address, channel: channel, continuation)
        let isLate = listeners.withLock { listeners in
            if isClosed.load(ordering: .acquiring) { return true }
            listeners.append(listener)
            return false
        }
        if isLate { continuation.finish() } else { listener.start() }
        return stream
    }

    /// The right to lead in a matter, held by one server of the schema at a time.
    public func leaderLock(_ name: String) -> any SQLLeaderLock {
        PostgreSQLLeaderLock(leader: leader, key: address.lockKey("leader/\(name)"))
    }

    // MARK: The database as a whole

    /// Threads of this database, which may wait.
    public var readingThreads: (any TaskExecutor)? { threads }

    /// Builds anew each index whose entries take a seventh more room than they did when it was last built.
    public func rebuildIndexes() throws {
        try checkOpen()
        let work = PostgreSQLRebuilding(address)
        let isRefused = rebuilding.withLock { rebuilding in
            if rebuilding != nil || isClosed.load(ordering: .acquiring) { return true }
            rebuilding = work
            return false
        }
        if isRefused { return }
        defer { rebuilding.withLock { $0 = nil } }
        try work.run()
    }

    /// Of the tables and indexes of the schema.
    public func bytes() -> Int {
        let found = try? readOnce { db in
            try db.first(
                """
                SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'm')
                """
            ) { Int($0.int(0)) }
        }
        return (found ?? nil) ?? 0
    }

    /// Closes every connection.
    public func close() throws {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        for listener in listeners.withLock({ $0 }) { listener.stop() }
        rebuilding.withLock { $0?.cancel() }
        leader.close()
        writer.close()
        asides.close()
        readers.close()
        threads.close()
    }

    private func checkOpen() throws(SQLError) {
        if isClosed.load(ordering: .acquiring) { throw SQLError(.closed, "The database is closed.") }
    }
}
