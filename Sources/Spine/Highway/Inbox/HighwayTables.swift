import SQL

/// The highway's tables, beside the records.
enum HighwayTables {
    /// Every delivery as it came; rows never change, and are removed when they are older than is kept (``Retention``).
    static let message = SQLTable(
        "highway_message",
        [
            "id INTEGER NOT NULL", "sender TEXT NOT NULL", "door TEXT NOT NULL", "format TEXT NOT NULL", "charset TEXT",
            "control TEXT", "digest BLOB NOT NULL", "received INTEGER NOT NULL", "size INTEGER NOT NULL",
            "earlier INTEGER", "content BLOB NOT NULL",
        ], primaryKey: ["id"])
    /// What is to be worked on, by sender in the order of arrival.
    static let waiting = SQLTable(
        "highway_waiting",
        ["sender TEXT NOT NULL", "id INTEGER NOT NULL", "size INTEGER NOT NULL", "attempts INTEGER NOT NULL"],
        primaryKey: ["sender", "id"])
    /// What became of those that wait no more.
    static let ended = SQLTable(
        "highway_end",
        [
            "id INTEGER NOT NULL", "state INTEGER NOT NULL", "at INTEGER NOT NULL", "event INTEGER",
            "kind TEXT NOT NULL",
            "written INTEGER NOT NULL", "attempts INTEGER NOT NULL", "other INTEGER",
        ], primaryKey: ["id"])
    /// By what a delivery is known again: its content, and its control id.
    static let seen = SQLTable(
        "highway_seen",
        ["mark INTEGER NOT NULL", "id INTEGER NOT NULL", "digest BLOB NOT NULL", "at INTEGER NOT NULL"],
        primaryKey: ["mark", "id"])
    /// The newest delivery of a sender that has no control id.
    static let newest = SQLTable(
        "highway_newest", ["sender TEXT NOT NULL", "id INTEGER NOT NULL"], primaryKey: ["sender"])
    /// Why a delivery was taken off the shelf.
    static let discard = SQLTable(
        "highway_discard", ["id INTEGER NOT NULL", "at INTEGER NOT NULL", "reason TEXT NOT NULL"], primaryKey: ["id"])
    /// Who sends.
    static let sender = SQLTable(
        "highway_sender",
        ["name TEXT NOT NULL", "door TEXT NOT NULL", "format TEXT NOT NULL", "last INTEGER NOT NULL"],
        primaryKey: ["name"])
    /// Counts of a sender.
    static let count = SQLTable(
        "highway_count", ["sender TEXT NOT NULL", "name TEXT NOT NULL", "amount INTEGER NOT NULL"],
        primaryKey: ["sender", "name"])
    /// The rank of each resource that the highway has written.
    static let rank = SQLTable(
        "highway_rank",
        [
            "mark INTEGER NOT NULL", "name TEXT NOT NULL", "snapshot INTEGER NOT NULL", "at INTEGER NOT NULL",
            "tie TEXT NOT NULL", "version INTEGER NOT NULL", "message INTEGER NOT NULL",
        ], primaryKey: ["mark", "name"])
    /// Of resources that several messages have said together: what the newest of them didn't say (``SaidTable``).
    static let said = SQLTable(
        "highway_said", ["mark INTEGER NOT NULL", "name TEXT NOT NULL", "said TEXT NOT NULL"],
        primaryKey: ["mark", "name"])
    /// What can't be worked on, with the first reason.
    static let dead = SQLTable(
        "highway_dead",
        [
            "message INTEGER NOT NULL", "item INTEGER NOT NULL", "sender TEXT NOT NULL", "step TEXT NOT NULL",
            "reason TEXT NOT NULL", "place TEXT NOT NULL", "what TEXT NOT NULL", "hint TEXT NOT NULL",
            "kind TEXT NOT NULL", "at INTEGER NOT NULL", "faults TEXT NOT NULL",
        ], primaryKey: ["message", "item"])
    /// Codes that no table knows.
    static let unmapped = SQLTable(
        "highway_unmapped",
        [
            "sender TEXT NOT NULL", "system TEXT NOT NULL", "code TEXT NOT NULL", "text TEXT NOT NULL",
            "place TEXT NOT NULL", "first INTEGER NOT NULL", "last INTEGER NOT NULL", "amount INTEGER NOT NULL",
        ], primaryKey: ["sender", "system", "code"])
    /// In which messages such codes stand, so that they can be worked on again.
    static let unmappedUse = SQLTable(
        "highway_unmapped_use", ["message INTEGER NOT NULL", "sender TEXT NOT NULL"], primaryKey: ["message"])
    /// How often a rule was asked, and how often it was broken.
    static let quality = SQLTable(
        "highway_quality",
        [
            "day INTEGER NOT NULL", "sender TEXT NOT NULL", "kind TEXT NOT NULL", "rule TEXT NOT NULL",
            "checked INTEGER NOT NULL", "failed INTEGER NOT NULL",
        ], primaryKey: ["day", "sender", "kind", "rule"])
    /// Where a rule was broken, line by line; bounded by day, sender and rule.
    static let finding = SQLTable(
        "highway_finding",
        [
            "sender TEXT NOT NULL", "day INTEGER NOT NULL", "rule TEXT NOT NULL", "message INTEGER NOT NULL",
            "line INTEGER NOT NULL", "kind TEXT NOT NULL", "control TEXT NOT NULL", "place TEXT NOT NULL",
            "what TEXT NOT NULL", "hint TEXT NOT NULL",
        ], primaryKey: ["sender", "day", "rule", "message", "line"])

    static let all = [
        message, waiting, ended, seen, newest, discard, sender, count, rank, said, dead, unmapped, unmappedUse, quality,
        finding,
    ]

    static func create(_ db: SQLConnection) throws {
        for table in all { try table.create(in: db) }
    }
}

/// What became of a message.
public enum MessageState: Int, Sendable, CaseIterable {
    /// It is to be worked on.
    case waiting = 0
    /// What it says is in the record.
    case done = 1
    /// It, or a part of it, is on the shelf of dead letters.
    case dead = 2
    /// It was dead, and a corrected one with the same control id took its place.
    case replaced = 3
    /// Somebody took it off the shelf, with a reason.
    case discarded = 4

    /// `done`.
    public var name: String { "\(self)" }
}
