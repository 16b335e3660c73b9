public import Foundation
import SQL

/// How an agent is doing, read from its folder; it may run meanwhile.
public struct AgentStatus: Sendable, Codable, Equatable {
    /// How one source is doing.
    public struct Source: Sendable, Codable, Equatable {
        /// Its name.
        public var name: String
        /// Items that wait to be sent, and their bytes.
        public var waiting = 0, waitingBytes = 0
        /// Since when the first of them waits, by the clock then.
        public var waitingSince: Date?
        /// Items on the shelf of what was refused for good.
        public var refused = 0
        /// When something was last answered.
        public var lastSent: Date?
        /// What keeps it from being read or sent; nil: nothing.
        public var trouble: String?
        /// Since when.
        public var troubleSince: Date?
    }

    /// All sources that anything is known of, by name.
    public var sources: [Source]

    /// Whether everything goes its way.
    public var isWell: Bool { sources.allSatisfy { $0.trouble == nil } }

    /// Reads the folder of an agent.
    public init(folder: String) throws {
        let file = AgentTables.file(folder)
        guard FileManager.default.fileExists(atPath: file) else {
            throw AgentMisuse("There is no queue of an agent in \(folder).")
        }
        let database = try SQLiteDatabase(path: file, readers: 1, cacheBytes: 1 << 20)
        defer { try? database.close() }
        self = try database.read { try AgentStatus($0) }
    }

    init(_ db: SQLConnection) throws {
        var found: [String: Source] = [:]
        func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds / 1_000)) }
        try db.rows("SELECT source, count(*), sum(bytes), min(received) FROM item GROUP BY source") { row in
            var source = Source(name: row.text(0))
            source.waiting = Int(row.int(1))
            source.waitingBytes = Int(row.int(2))
            source.waitingSince = date(row.int(3))
            found[source.name] = source
        }
        try db.rows("SELECT source, count(*) FROM refused GROUP BY source") { row in
            found[row.text(0), default: Source(name: row.text(0))].refused = Int(row.int(1))
        }
        try db.rows("SELECT source, name, value FROM note") { row in
            let (name, value) = (row.text(0), row.text(2))
            switch row.text(1) {
            case "sent": found[name, default: Source(name: name)].lastSent = Int64(value).map(date)
            case "trouble":
                let parts = value.split(separator: " ", maxSplits: 1)
                found[name, default: Source(name: name)].trouble = parts.last.map(String.init)
                found[name]?.troubleSince = parts.first.flatMap { Int64($0) }.map(date)
            default: break
            }
        }
        sources = found.values.sorted { $0.name < $1.name }
    }

    /// As JSON.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// As text for people.
    public var text: String {
        if sources.isEmpty { return "Nothing has come yet.\n" }
        return sources.map { source in
            var lines = [
                "\(source.name): \(source.waiting) waiting (\(source.waitingBytes) bytes), \(source.refused) refused"
            ]
            if let since = source.waitingSince { lines.append("  waiting since  \(since.formatted(.iso8601))") }
            if let sent = source.lastSent { lines.append("  last answered  \(sent.formatted(.iso8601))") }
            if let trouble = source.trouble {
                lines.append("  trouble        \(source.troubleSince?.formatted(.iso8601) ?? "") \(trouble)")
            }
            return lines.joined(separator: "\n") + "\n"
        }.joined()
    }
}
