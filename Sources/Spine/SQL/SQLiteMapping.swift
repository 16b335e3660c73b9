import GRDBSQLite
import Synchronization

/// Keeps the database file mapped into memory while others write.
///
/// A connection of SQLite that finds that another has written unmaps the whole file: another process might have cut it and let
/// it grow again while no lock was held, after which a mapping need not be valid by POSIX (`unixUnfetch` in os_unix.c). Linux
/// keeps a shared mapping in step with its file through all of that, and so every page would be looked for anew after each
/// commit: a query of a few hundred pages takes six times as long beside a writer, and unmapping stops the other threads.
enum SQLiteMapping {
    /// Each so many times the file is unmapped as asked: a mapping is made as long as the file is then, and what the file has
    /// grown by since is read without it. Nor does a connection so hold on to all that it ever read.
    private static let keptTimes: UInt32 = 64

    private static let asked = Atomic<UInt32>(0)
    /// SQLite's own methods of a file, and the same but for the unmapping. Set once, before a file has the latter.
    private nonisolated(unsafe) static var original: UnsafePointer<sqlite3_io_methods>?
    private nonisolated(unsafe) static var keeping: UnsafePointer<sqlite3_io_methods>?
    private static let making = Mutex(())

    /// From now on a connection keeps its mapping. A database in memory has none.
    static func keep(_ connection: OpaquePointer) {
        var found: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &found) == SQLITE_OK,
            let file = found, let own = file.pointee.pMethods, own.pointee.iVersion >= 3
        else { return }
        making.withLock { _ in
            if keeping == nil {
                original = own
                var methods = own.pointee
                methods.xUnfetch = { file, offset, page in SQLiteMapping.release(file, offset, page) }
                let copy = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
                copy.initialize(to: methods)
                keeping = UnsafePointer(copy)
            }
            // A file of another kind, such as one without locks, has methods of its own.
            if let keeping, own == original { file.pointee.pMethods = keeping }
        }
    }

    /// Lets go of a page; without one SQLite asks for the whole file to be unmapped.
    private static func release(
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ offset: sqlite3_int64, _ page: UnsafeMutableRawPointer?
    ) -> Int32 {
        if page == nil, asked.add(1, ordering: .relaxed).newValue % keptTimes != 0 { return SQLITE_OK }
        return original?.pointee.xUnfetch(file, offset, page) ?? SQLITE_OK
    }
}
