import JSON
import SQL

/// Some changes of the feed, read and parsed outside of the write transaction.
struct FeedBatch: Sendable {
    private struct Row: Sendable {
        var sequence: Int64
        var key: ResourceKey
        var rid: Int64
        var versionID: Int
        var lastUpdated: Int64
        var verb: Verb
        var document: JSONDocument?
    }

    private var rows: [Row] = []
    /// The place after which the next batch begins.
    private(set) var end: Int64
    /// When the first change of the batch was made, in milliseconds since 1970 UTC.
    private(set) var firstTime: Int64?

    init(
        after place: Int64, database: any SQLDatabase, parts: StoreParts, interest: Set<String>?, changesMax: Int,
        bytesMax: Int
    ) throws {
        end = place
        var bytes = 0
        let wanted = interest.map { Set($0.compactMap { parts.types.number(of: $0) }) }
        try database.read { db in
            let statement = try db.statement(
                """
                SELECT v.sequence, v.rid, v.number, v.at, v.verb, v.type, r.id, v.dictionary, v.body
                FROM version v JOIN resource r ON r.rid = v.rid WHERE v.sequence > ? ORDER BY v.sequence LIMIT ?
                """)
            try statement.bind([.integer(place), .int(changesMax)])
            defer { statement.reset() }
            while bytes < bytesMax, try statement.step() {
                // Places have no gaps. One that is missing is waited for: it must not be passed over.
                guard statement.int(0) == end + 1 else {
                    if end > place { break }
                    throw RecordsError(
                        .internal, "The feed has nothing at \(end + 1), but \(statement.int(0)) stands behind it.")
                }
                end = statement.int(0)
                if firstTime == nil { firstTime = statement.int(3) }
                if let wanted, !wanted.contains(statement.int(5)) { continue }
                let verb = Verb(rawValue: Int(statement.int(4))) ?? .update
                let text =
                    try verb == .delete
                    ? nil
                    : statement.withBlob(8) { try parts.codec.decompress($0, dictionary: statement.int(7)) }
                bytes += text?.count ?? 0
                rows.append(
                    Row(
                        sequence: end,
                        key: ResourceKey(
                            type: parts.types.name(of: statement.int(5)),
                            id: statement.withBlob(6) { IDCode.decode($0) }),
                        rid: statement.int(1), versionID: Int(statement.int(2)), lastUpdated: statement.int(3),
                        verb: verb, document: try text.map { try parts.document($0) }))
            }
        }
    }

    func changes(_ source: ChangeSource) -> [Change] {
        rows.map {
            Change(
                sequence: $0.sequence, key: $0.key, rid: $0.rid, versionID: $0.versionID,
                lastUpdated: $0.lastUpdated, verb: $0.verb, document: $0.document, source: source)
        }
    }
}
