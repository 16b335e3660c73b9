import Foundation
import Synchronization

/// Syncs the write-ahead log to the disk while the writer goes on.
final class SQLiteLogSync: Sendable {
    private let path: String
    /// Of the log; opened once, as it stays the same file for as long as the database is open.
    private let descriptor = Mutex<Int32>(-1)

    /// - Parameter path: the database file.
    init(path: String) { self.path = path + "-wal" }

    /// Returns when all that was committed before is on the disk.
    ///
    /// - Throws: ``SQLError`` of reason `io`; what was committed may then not outlive a power cut.
    func sync() throws(SQLError) {
        let file = descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = open(path, O_RDWR | O_CLOEXEC) }
            return descriptor
        }
        guard file >= 0, fdatasync(file) == 0 else {
            throw SQLError(.io, "The log of the database can't be synced: \(String(cString: strerror(errno))).")
        }
    }

    deinit {
        descriptor.withLock { if $0 >= 0 { close($0) } }
    }
}
