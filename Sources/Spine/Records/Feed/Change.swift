public import JSON
import SQL

/// One change of the feed, as a projection sees it. Valid while it is applied.
public struct Change {
    /// The place in the feed.
    public let sequence: Int64
    /// What changed.
    public let key: ResourceKey
    /// A small number that stands for the resource for ever; good as a key of a projection's rows.
    public let rid: Int64
    /// The version that came.
    public let versionID: Int
    /// When, in milliseconds since 1970 UTC.
    public let lastUpdated: Int64
    /// What happened.
    public let verb: Verb
    /// The resource as it now is; nil for a delete.
    public let document: JSONDocument?

    let source: ChangeSource

    /// The resource as it was before; nil when there was none.
    public func previous() throws -> JSONDocument? {
        guard versionID > 1 else { return nil }
        return try source.before(rid: rid, sequence: sequence)
    }

    /// The number of a literal reference such as `Patient/123`; nil when it is not one, or nothing has that id.
    public func rid(of reference: String) throws -> Int64? {
        guard let key = ResourceKey(reference: reference) else { return nil }
        return try source.rid(of: key)
    }
}

/// What changes look up in the database.
final class ChangeSource {
    let db: SQLConnection
    let parts: StoreParts
    private var rids: [ResourceKey: Int64] = [:]

    init(db: SQLConnection, parts: StoreParts) {
        self.db = db
        self.parts = parts
    }

    func before(rid: Int64, sequence: Int64) throws -> JSONDocument? {
        let found = try db.first(
            """
            SELECT dictionary, body, verb FROM version WHERE rid = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1
            """, [.integer(rid), .integer(sequence)]
        ) { row -> [UInt8]? in
            guard row.int(2) != Verb.delete.rawValue else { return nil }
            return try row.withBlob(1) { try parts.codec.decompress($0, dictionary: row.int(0)) }
        }
        guard let text = found ?? nil else { return nil }
        return try parts.document(text)
    }

    func rid(of key: ResourceKey) throws -> Int64? {
        if let known = rids[key] { return known }
        let found = try parts.rid(db, key)
        if let found { rids[key] = found }
        return found
    }
}
