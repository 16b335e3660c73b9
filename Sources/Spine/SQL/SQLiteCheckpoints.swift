import Dispatch
import GRDBSQLite
import Synchronization

/// Folds the write-ahead log into the database file beside the writer.
///
/// SQLite itself does it at the end of the commit that made the log too long: whoever waits for this commit, and all behind
/// it, then wait until thousands of pages lie in the file and are synced. Here another connection copies them while the
/// writer goes on, and syncs them; the writer is asked only for what has come meanwhile, so that the log can begin anew.
final class SQLiteCheckpoints: Sendable {
    /// How often the log is folded in before the writer is asked for the rest.
    private static let roundsMax = 4
    /// The rest for which the writer may be asked, as a share of the longest log.
    private static let restShare: Int32 = 16
    /// For how long the writer waits for those who still read the log.
    private static let readersMilliseconds: Int32 = 20

    private struct State {
        var isScheduled = false
        var isClosed = false
        /// How many pages the log has.
        var pages: Int32 = 0
        /// At how many it is folded in.
        var due: Int32
    }

    private let path: String
    private let pagesMax: Int32
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "sqlite.checkpoint", qos: .userInitiated)
    /// Folds in all of the log on the writer's own connection.
    private let finish: @Sendable () -> Void

    /// - Parameters:
    ///   - path: the database file.
    ///   - pagesMax: how many pages of 4 KiB the log may have before it is folded in.
    ///   - finish: folds in what is left on the writer's connection, when it is the caller's turn.
    init(path: String, pagesMax: Int, finish: @escaping @Sendable () -> Void) {
        self.path = path
        self.pagesMax = Int32(clamping: pagesMax)
        state = Mutex(State(due: self.pagesMax))
        self.finish = finish
    }

    /// Follows the commits of the writing connection, which must not outlive this.
    func follow(_ writer: OpaquePointer) {
        sqlite3_wal_hook(
            writer,
            { context, _, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<SQLiteCheckpoints>.fromOpaque(context).takeUnretainedValue().committed(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends what is under way, and begins nothing more.
    func close() {
        state.withLock { $0.isClosed = true }
        settle()
    }

    /// Returns when nothing is under way.
    func settle() { queue.sync {} }

    private func committed(_ pages: Int32) {
        let isDue = state.withLock { state in
            // The log has begun anew.
            if pages < state.pages { state.due = pagesMax }
            state.pages = pages
            guard pages >= state.due, !state.isScheduled, !state.isClosed else { return false }
            state.isScheduled = true
            return true
        }
        if isDue { queue.async { self.fold() } }
    }

    private func fold() {
        for _ in 0..<Self.roundsMax {
            let isClosed = state.withLock { $0.isClosed }
            guard !isClosed, let folded = foldOnce() else { break }
            let rest = state.withLock { $0.pages - folded }
            if rest <= pagesMax / Self.restShare { break }
        }
        let isClosed = state.withLock { $0.isClosed }
        if !isClosed { finish() }
        state.withLock { state in
            state.isScheduled = false
            // Where a reader of an older state holds up the rest it is tried again later, not at each commit.
            state.due = max(pagesMax, state.pages + pagesMax / 4)
        }
    }

    /// Folds in the rest on the writer's connection, so that the next commit begins the log anew. Readers of what came with the log
    /// are waited for a moment; those that come meanwhile read the file.
    ///
    /// - Parameter patience: for how many seconds the connection waits for others else.
    static func finish(_ writer: OpaquePointer, patience: Int) {
        sqlite3_busy_timeout(writer, readersMilliseconds)
        sqlite3_wal_checkpoint_v2(writer, nil, SQLITE_CHECKPOINT_RESTART, nil, nil)
        sqlite3_busy_timeout(writer, Int32(patience * 1000))
    }

    /// - Returns: how many pages of the log lie in the file now; nil when it can't be done now.
    private func foldOnce() -> Int32? {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK, let handle,
            sqlite3_exec(handle, "PRAGMA synchronous = FULL", nil, nil, nil) == SQLITE_OK
        else { return nil }
        var folded: Int32 = 0
        guard sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &folded) == SQLITE_OK else {
            return nil
        }
        Self.sync(handle)
        return folded
    }

    /// Syncs the database file: SQLite does so only once all of the log is in it, and that would be the writer's to wait for.
    private static func sync(_ handle: OpaquePointer) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK, let file else {
            return
        }
        _ = file.pointee.pMethods?.pointee.xSync?(file, SQLITE_SYNC_NORMAL)
    }
}
