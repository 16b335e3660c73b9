/// A database: many readers on snapshots, one writer at a time.
///
/// SQLite stands behind it (``SQLiteDatabase``), or PostgreSQL (``PostgreSQLDatabase``).
public protocol SQLDatabase: Sendable {
    /// Reads on one snapshot of the database. Blocks the calling thread while it reads.
    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Reads without a snapshot, for a single statement: less to do than ``read(_:)``.
    func readOnce<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Writes in one transaction that is durable when this returns, or undone when it throws.
    /// Blocks the calling thread: call it from a thread of your own, never from a task.
    func write<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Writes in a small transaction that keeps no order with other writes and need not outlive a crash of the machine.
    ///
    /// For numbers that are given once, in a place where a gap does no harm. It must not be called inside ``write(_:)`` or
    /// ``read(_:)``.
    func writeAside<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Writes in one transaction that is durable when this returns. Others may see it a moment before: for what nobody acts upon
    /// but by a ``write(_:)``, which is durable only together with it. The next write needn't wait for the disk meanwhile.
    ///
    /// When it throws, the transaction is undone, or it can't be told whether it is.
    ///
    /// - Parameter seen: called as soon as others see it.
    func writeThenSync<T>(_ body: (SQLConnection) throws -> T, seen: () -> Void) throws -> T

    /// Messages of ``SQLConnection/notify(_:_:)`` from all servers on the database, this one included; an empty message
    /// means that some may have been missed. Ends when the database is closed.
    func notifications(_ channel: String) -> AsyncStream<String>

    /// The right to lead in a matter, held by one server on the database at a time.
    func leaderLock(_ name: String) -> any SQLLeaderLock

    /// Where work that reads is to run, since it waits there for another process; nil where a read keeps a processor busy.
    var readingThreads: (any TaskExecutor)? { get }

    /// Where what follows the writes is to run: threads of its own, so that it waits for nobody's turn in Swift's pool; nil where
    /// there are none.
    var followingThreads: (any TaskExecutor)? { get }

    /// Where work that nobody waits for is to run: threads that give way to all others, nil where there are none.
    var quietThreads: (any TaskExecutor)? { get }

    /// Builds the indexes anew that have grown loose, beside readers and writers. Blocks until it is done: call it from a
    /// thread of your own. Ended by ``close()``.
    func rebuildIndexes() throws

    /// The size on disk, in bytes, of the database and its log.
    func bytes() -> Int

    /// Closes every connection. Later calls throw ``SQLError/Reason/closed``.
    func close() throws
}

extension SQLDatabase {
    /// A write like any other.
    public func writeAside<T>(_ body: (SQLConnection) throws -> T) throws -> T { try write(body) }

    /// A write like any other.
    public func writeThenSync<T>(_ body: (SQLConnection) throws -> T, seen: () -> Void) throws -> T {
        let result = try write(body)
        seen()
        return result
    }

    /// None: the calling thread does the reading.
    public var readingThreads: (any TaskExecutor)? { nil }

    /// Those that read.
    public var followingThreads: (any TaskExecutor)? { readingThreads }

    /// Those that read.
    public var quietThreads: (any TaskExecutor)? { readingThreads }

    /// Nothing: the file's tables are their own indexes.
    public func rebuildIndexes() throws {}

    /// None: this process is the only one on the database.
    public func notifications(_ channel: String) -> AsyncStream<String> { AsyncStream { $0.finish() } }

    /// Held by this process, which is the only one on the database.
    public func leaderLock(_ name: String) -> any SQLLeaderLock { SoleLeaderLock() }
}
