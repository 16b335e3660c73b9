/// A database: many readers on snapshots, one writer at a time.
///
/// SQLite stands behind it today; PostgreSQL fits by a second conforming type.
public protocol SQLDatabase: Sendable {
    /// Reads on one snapshot of the database. Blocks the calling thread while it reads.
    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Reads without a snapshot, for a single statement: less to do than ``read(_:)``.
    func readOnce<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// Writes in one transaction that is durable when this returns, or undone when it throws.
    /// Blocks the calling thread: call it from a thread of your own, never from a task.
    func write<T>(_ body: (SQLConnection) throws -> T) throws -> T

    /// The size on disk, in bytes, of the database and its log.
    func bytes() -> Int

    /// Closes every connection. Later calls throw ``SQLError/Reason/closed``.
    func close() throws
}
