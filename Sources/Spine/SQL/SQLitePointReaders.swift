import GRDBSQLite
import Synchronization

/// Connections for reads of one statement: handed from thread to thread, with nothing to begin, end or wait for.
///
/// A read by id costs some microseconds; a pool that hops between queues would cost as much again.
final class SQLitePointReaders: Sendable {
    /// How many connections are kept open while nobody reads.
    private static let idleMax = 16

    private struct State {
        var idle: [PointReader] = []
        var isClosed = false
    }

    private let path: String
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T {
        let reader = try state.withLock { state throws(SQLError) in
            if state.isClosed { throw SQLError(.closed, "The database is closed.") }
            return state.idle.popLast()
        }
        let held = try reader ?? PointReader(path: path)
        defer {
            state.withLock { state in
                if !state.isClosed, state.idle.count < Self.idleMax { state.idle.append(held) }
            }
        }
        return try body(held.connection)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
        }
    }
}

/// One connection; it closes when nobody holds it.
///
/// `@unchecked Sendable`: whoever took it from the table of idle ones is the only one to use it until it is put back.
private final class PointReader: @unchecked Sendable {
    let connection: SQLiteConnection

    init(path: String) throws(SQLError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw SQLError(.io, "The database \(path) can't be opened for reading.")
        }
        connection = SQLiteConnection(handle: handle)
        do {
            try connection.run(
                script: "PRAGMA query_only = 1; PRAGMA busy_timeout = 10000; PRAGMA mmap_size = \(8 << 30)")
            SQLiteMapping.keep(handle)
        } catch {
            connection.finalizeStatements()
            sqlite3_close_v2(handle)
            throw error
        }
    }

    deinit {
        connection.finalizeStatements()
        sqlite3_close_v2(connection.handle)
    }
}
