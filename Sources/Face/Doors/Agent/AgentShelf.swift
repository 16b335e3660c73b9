public import Foundation
import SQL

/// What an agent's platform refused for good.
public struct AgentShelf {
    /// One refused item.
    public struct Entry: Sendable {
        /// Its number on the shelf.
        public var number: Int64
        /// Where it came from: the source, and the file or address.
        public var source: String, origin: String
        /// When it was refused.
        public var refused: Date
        /// Why.
        public var reason: String
    }

    private let database: SQLiteDatabase

    /// Opens the shelf in the folder of an agent.
    public init(folder: String) throws {
        let file = AgentTables.file(folder)
        guard FileManager.default.fileExists(atPath: file) else {
            throw AgentMisuse("There is no queue of an agent in \(folder).")
        }
        database = try SQLiteDatabase(path: file, readers: 1, cacheBytes: 1 << 20)
    }

    /// Closes it.
    public func close() throws { try database.close() }

    /// All items, the oldest first.
    public func entries() throws -> [Entry] {
        try database.read { db in
            try db.query("SELECT number, source, origin, refused, reason FROM refused ORDER BY number") { row in
                Entry(
                    number: row.int(0), source: row.text(1), origin: row.text(2),
                    refused: Date(timeIntervalSince1970: Double(row.int(3) / 1_000)), reason: row.text(4))
            }
        }
    }

    /// Puts all items at the end of the queue, while no agent works on it.
    /// - Returns: how many.
    public func resend() throws -> Int {
        try database.write { db in
            let count = try db.first("SELECT count(*) FROM refused") { Int($0.int(0)) } ?? 0
            try db.execute(
                """
                INSERT INTO item (source, sender, content, origin, received, bytes, body)
                SELECT source, sender, content, origin, refused, length(body), body FROM refused ORDER BY number
                """)
            try db.execute("DELETE FROM refused")
            return count
        }
    }
}

/// The right to work on an agent's folder, held by one process at a time.
public final class AgentLock: Sendable {
    private let descriptor: Int32

    /// Takes a folder.
    public init(folder: String) throws(AgentMisuse) {
        descriptor = open("\(folder)/agent.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AgentMisuse("The folder \(folder) can't be used.") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw AgentMisuse("Another agent uses \(folder); stop it first.")
        }
    }

    deinit { close(descriptor) }
}
