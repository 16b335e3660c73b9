public import Records
import SQL

/// One row of a resident's timeline.
public struct TimelineEntry: Sendable, Hashable {
    /// Seconds since 1970 UTC; 0 when the document tells no time.
    public let seconds: Int64
    /// The small integer of the resource.
    public let resource: Int64
    /// What it is about.
    public let kind: TimelineKind
}

/// Where a page of a timeline ended: rows after it are older.
public struct TimelineCursor: Sendable, Hashable {
    /// Seconds of the last row shown.
    public let seconds: Int64
    /// The small integer of the last resource shown.
    public let resource: Int64

    /// The place of a row.
    public init(_ entry: TimelineEntry) {
        seconds = entry.seconds
        resource = entry.resource
    }

    /// The cursor in a text such as `1763654400-812`; nil when it is anything else.
    public init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), let seconds = Int64(text[..<dash]),
            let resource = Int64(text[text.index(after: dash)...])
        else { return nil }
        self.seconds = seconds
        self.resource = resource
    }

    /// The cursor as text, for an address.
    public var text: String { "\(seconds)-\(resource)" }
}

/// Reads the rows that ``TimelineProjection`` keeps.
public struct Timeline: Sendable {
    private let store: RecordStore

    /// - Parameter store: a store that runs ``TimelineProjection``.
    public init(store: RecordStore) { self.store = store }

    /// A page of a resident's timeline, newest first.
    ///
    /// - Parameters:
    ///   - resident: the small integer of the Patient.
    ///   - kinds: which kinds; empty means all.
    ///   - cursor: the last row of the page before, nil for the first page.
    ///   - limit: how many rows, at most.
    /// - Returns: the rows, and whether older ones follow.
    public func entries(
        of resident: Int64, kinds: Set<TimelineKind> = [], after cursor: TimelineCursor? = nil, limit: Int
    ) throws -> (entries: [TimelineEntry], hasMore: Bool) {
        var sql = "SELECT seconds, resource, kind FROM timeline_entries WHERE resident = ?"
        var values: [SQLValue] = [.integer(resident)]
        if let cursor {
            sql += " AND (seconds < ? OR (seconds = ? AND resource < ?))"
            values += [.integer(cursor.seconds), .integer(cursor.seconds), .integer(cursor.resource)]
        }
        if !kinds.isEmpty {
            sql += " AND kind IN (\(kinds.map(\.rawValue).sorted().map(String.init).joined(separator: ", ")))"
        }
        sql += " ORDER BY seconds DESC, resource DESC LIMIT ?"
        values.append(.int(limit + 1))
        let found = try store.readSQL { db in
            try db.query(sql, values) { row in
                TimelineKind(rawValue: row.int(2)).map {
                    TimelineEntry(seconds: row.int(0), resource: row.int(1), kind: $0)
                }
            }
        }
        let entries = found.compactMap { $0 }
        return (Array(entries.prefix(limit)), entries.count > limit)
    }

    /// How many rows of each kind a resident has.
    /// - Parameter resident: the small integer of the Patient.
    public func counts(of resident: Int64) throws -> [TimelineKind: Int] {
        try store.readSQL { db in
            var result: [TimelineKind: Int] = [:]
            try db.rows(
                "SELECT kind, COUNT(*) FROM timeline_entries WHERE resident = ? GROUP BY kind", [.integer(resident)]
            ) { row in
                if let kind = TimelineKind(rawValue: row.int(0)) { result[kind] = Int(row.int(1)) }
            }
            return result
        }
    }
}
