import Foundation

/// The folder of one store. Held by one process at a time.
final class DataFolder {
    let path: String
    private let lock: Int32

    /// The database file.
    var database: String { "\(path)/healthbrain.db" }

    /// Takes a folder; makes it when it is missing.
    /// - Throws: ``Misuse`` when it can't be used, ``Failure`` when another process holds it.
    init(_ path: String, creating: Bool = true) throws {
        self.path = path
        if creating {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw Misuse("The data folder \(path) can't be made.")
            }
        }
        lock = open("\(path)/healthbrain.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Misuse("The data folder \(path) can't be used.") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Failure(
                "The data folder \(path) is in use by another healthbrain. Ask its server instead (--server).")
        }
    }

    /// Whether there is a store in a folder.
    static func holdsStore(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/healthbrain.db")
    }

    deinit {
        close(lock)
    }
}
