public import FHIR
import SQL

/// What a history is of.
public enum HistoryScope: Sendable {
    /// One resource.
    case instance(ResourceKey)
    /// Every resource of a type.
    case type(String)
    /// Everything.
    case system
}

/// Which part of a history is wanted.
public struct HistoryQuery: Sendable {
    /// How many versions a page holds, 1 to 1000.
    public var count: Int
    /// Only versions made at or after this time, in milliseconds since 1970 UTC.
    public var since: Int64?
    /// Only versions that stood at some time of this range.
    public var at: FHIRDateTime?
    /// Where the page before ended.
    public var cursor: String?

    /// Wants a part of a history.
    public init(count: Int = 20, since: Int64? = nil, at: FHIRDateTime? = nil, cursor: String? = nil) {
        self.count = count
        self.since = since
        self.at = at
        self.cursor = cursor
    }
}

/// A page of a history, newest first.
public struct HistoryPage: Sendable {
    /// The versions, deletes included.
    public let versions: [Version]
    /// How many there are in all.
    public let total: Int
    /// What `_cursor` of the next page is; nil on the last page.
    public let next: String?
}

extension StoreParts {
    func history(_ db: SQLConnection, _ scope: HistoryScope, _ query: HistoryQuery) throws -> HistoryPage {
        var condition: Fragment
        switch scope {
        case .instance(let key):
            guard let rid = try rid(db, key), try newest(db, key) != nil else {
                throw RecordsError(.notFound, "There is no \(key).")
            }
            condition = Fragment("v.rid = ?", [.integer(rid)])
        case .type(let name):
            guard let type = types.number(of: name) else {
                throw RecordsError(.notSupported, "\(name) is not a resource type of FHIR R4.")
            }
            condition = Fragment("v.type = ?", [.integer(type)])
        case .system:
            condition = Fragment("v.sequence > 0")
        }
        if let seen { condition = condition + Fragment("AND") + (try reached(seen, db, scope)) }
        if let since = query.since {
            condition = condition + Fragment("AND v.sequence >= ?", [.integer(try db.sequence(atOrAfter: since))])
        }
        if let at = query.at {
            let after = try db.sequence(atOrAfter: at.highMilliseconds + 1)
            let from = try db.sequence(atOrAfter: at.lowMilliseconds)
            // Standing in the range: made before its end, and not replaced before its beginning.
            condition =
                condition
                + Fragment(
                    """
                    AND v.sequence < ? AND (v.sequence >= ? OR NOT EXISTS (
                    SELECT 1 FROM version n WHERE n.rid = v.rid AND n.sequence > v.sequence AND n.sequence < ?))
                    """, [.integer(after), .integer(from), .integer(from)])
        }
        // Sequences have no gaps: the newest one is the number of all versions.
        let isWhole =
            if case .system = scope { query.since == nil && query.at == nil && seen == nil } else { false }
        let counted = isWhole ? "max(v.sequence)" : "count(*)"
        let total = try db.first("SELECT \(counted) FROM version v WHERE \(condition.sql)", condition.values) {
            Int($0.int(0))
        }
        if let cursor = query.cursor {
            guard let place = Cursor(cursor) else {
                throw RecordsError(.invalid, "_cursor is not one that this server gave out.")
            }
            condition = condition + Fragment("AND v.sequence < ?", [.integer(place.rid)])
        }
        let count = min(max(1, query.count), SearchQuery.countMax)
        var versions = try db.query(
            """
            SELECT \(Self.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid WHERE \(condition.sql)
            ORDER BY v.sequence DESC LIMIT \(count + 1)
            """, condition.values
        ) { try version($0) }
        var next: String?
        if versions.count > count {
            versions.removeLast()
            next = versions.last.map { Cursor(rid: $0.sequence).text }
        }
        return HistoryPage(versions: versions, total: total ?? 0, next: next)
    }

    /// The versions `v` of resources that somebody reaches.
    private func reached(_ plan: SightPlan, _ db: SQLConnection, _ scope: HistoryScope) throws -> Fragment {
        let names: [String]
        switch scope {
        case .instance: return Fragment("1 = 1")
        case .type(let name): names = [name]
        case .system:
            names = try db.query(
                "SELECT name FROM resource_type t WHERE EXISTS (SELECT 1 FROM version n WHERE n.type = t.id)"
            ) { $0.text(0) }
        }
        // Most types are reached in the same way.
        var ways: [(test: Fragment?, types: [String])] = []
        for name in names {
            let test: Fragment?
            switch try plan.reached(name, searching: [], db, self) {
            case .nothing: continue
            case .everything: test = nil
            case .rows(let part): test = part.test.of("v.rid")
            }
            let number = "\(types.number(of: name) ?? 0)"
            if let place = ways.firstIndex(where: { $0.test?.sql == test?.sql && $0.test?.values == test?.values }) {
                ways[place].types.append(number)
            } else {
                ways.append((test, [number]))
            }
        }
        return .any(
            ways.map { way in
                let types = Fragment("v.type IN (\(way.types.joined(separator: ", ")))")
                return way.test.map { .all([types, $0]) } ?? types
            })
    }
}
