public import Access
import FHIR
import JSON
import SQL

/// The newest change of a resource, by its place in the feed.
public struct FeedPlace: Sendable, Hashable {
    /// The place.
    public let sequence: Int64
    /// Which resource.
    public let key: ResourceKey
    /// A small number that stands for the resource for ever.
    public let rid: Int64
    /// The version that stands there.
    public let versionID: Int
    /// When, in milliseconds since 1970 UTC.
    public let lastUpdated: Int64
    /// What happened.
    public let verb: Verb
}

/// A stretch of the feed.
public struct FeedStretch: Sendable {
    /// The changes that are still the newest of their resources, in order.
    public let places: [FeedPlace]
    /// The place up to which was looked; where it began when there was nothing more.
    public let end: Int64
}

extension RecordStore {
    /// At most this many changes are looked at for one stretch.
    static let stretchChangesMax = 2_000

    /// The next changes of the feed that are of some types and that no later one has overtaken.
    ///
    /// - Parameters:
    ///   - place: after which it begins.
    ///   - last: up to which place it goes at most.
    ///   - types: the resource types.
    ///   - limit: how many at most.
    public func stretch(
        after place: Int64, upTo last: Int64 = .max, types: Set<String>, limit: Int
    ) throws(RecordsError) -> FeedStretch {
        let wanted = Set(types.compactMap { parts.types.number(of: $0) })
        return try readSQL { db in
            var found: [FeedPlace] = []
            var end = place
            let statement = try db.statement(
                """
                SELECT v.sequence, v.type, v.rid, v.number, v.at, v.verb, r.sequence, r.id
                FROM version v JOIN resource r ON r.rid = v.rid
                WHERE v.sequence > ? AND v.sequence <= ? ORDER BY v.sequence LIMIT ?
                """)
            try statement.bind([.integer(place), .integer(last), .int(Self.stretchChangesMax)])
            defer { statement.reset() }
            // Places have no gaps: one that is missing is waited for.
            while found.count < limit, try statement.step(), statement.int(0) == end + 1 {
                end = statement.int(0)
                guard wanted.contains(statement.int(1)), statement.int(6) == end else { continue }
                found.append(
                    FeedPlace(
                        sequence: end,
                        key: ResourceKey(
                            type: parts.types.name(of: statement.int(1)),
                            id: statement.withBlob(7) { IDCode.decode($0) }),
                        rid: statement.int(2), versionID: Int(statement.int(3)), lastUpdated: statement.int(4),
                        verb: Verb(rawValue: Int(statement.int(5))) ?? .update))
            }
            return FeedStretch(places: found, end: end)
        }
    }

    /// The last place of the feed before a moment, in milliseconds since 1970 UTC; 0 when all is later.
    public func place(before moment: Int64) throws(RecordsError) -> Int64 {
        try readSQL { db in
            var (low, high) = (Int64(0), try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0)
            while low < high {
                let middle = low + (high - low + 1) / 2
                let at = try db.first("SELECT at FROM version WHERE sequence = ?", [.integer(middle)]) { $0.int(0) }
                if at ?? .max < moment { low = middle } else { high = middle - 1 }
            }
            return low
        }
    }

    /// When a change of the feed was made, in milliseconds since 1970 UTC; nil where the feed has not come so far.
    public func time(ofPlace place: Int64) throws(RecordsError) -> Int64? {
        try readSQL { db in
            try db.first("SELECT at FROM version WHERE sequence = ?", [.integer(place)]) { $0.int(0) }
        }
    }

    /// The newest version of some resources by their numbers, deleted ones too.
    public func places(of rids: [Int64]) throws(RecordsError) -> [FeedPlace] {
        try readSQL { db in
            var found: [FeedPlace] = []
            try db.rows(
                """
                SELECT v.sequence, v.type, v.rid, v.number, v.at, v.verb, r.id FROM resource r
                JOIN version v ON v.sequence = r.sequence WHERE r.rid = ?
                """, ofEach: rids
            ) { row in
                found.append(
                    FeedPlace(
                        sequence: row.int(0),
                        key: ResourceKey(
                            type: parts.types.name(of: row.int(1)), id: row.withBlob(6) { IDCode.decode($0) }),
                        rid: row.int(2), versionID: Int(row.int(3)), lastUpdated: row.int(4),
                        verb: Verb(rawValue: Int(row.int(5))) ?? .update))
            }
            return found
        }
    }
}

extension SeenRecords {
    /// Reads a search such as `Observation?code=4548-4`.
    ///
    /// - Returns: the type and the parameters, decoded.
    /// - Throws: ``RecordsError`` of category `invalid` or `notSupported` when it can't be searched so.
    public func criteria(_ text: String) throws(RecordsError) -> (type: String, parameters: [(String, String)]) {
        let cut = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let parameters = cut.count > 1 ? URLQuery.parse(cut[1]) : []
        let query = try QueryReader(
            type: cut.first ?? "", parts: parts.with(parts.indexer), lenient: false, now: store.options.now()
        ).read(parameters)
        guard query.includes.isEmpty, query.reverseIncludes.isEmpty, query.sorts.isEmpty, query.cursor == nil,
            query.subset == nil, !query.countsOnly
        else {
            throw RecordsError(
                .invalid,
                "The criteria select resources: _include, _revinclude, _sort, _elements, _summary, _count and "
                    + "_cursor have no place in them.")
        }
        return (cut[0], parameters)
    }

    /// Those of some resources that match a search and may leave by an export, as they now are and may leave.
    ///
    /// Nothing is noted: whoever sends them tells the audit log what leaves, and when.
    ///
    /// - Parameters:
    ///   - keys: resources of one type, ``takeMax`` at most.
    ///   - type: the type.
    ///   - parameters: the search, as ``criteria(_:)`` gave it.
    ///   - masking: how much is hidden at least.
    public func take(
        _ keys: [ResourceKey], of type: String, matching parameters: [(String, String)], masking: Masking
    ) throws(RecordsError) -> [TakenResource] {
        if keys.isEmpty { return [] }
        if let sight { try require(.export, of: type, sight) }
        let ids = keys.prefix(Self.takeMax).map(\.id).joined(separator: ",")
        let pinned = parts.with(parts.indexer)
        let query = try QueryReader(type: type, parts: pinned, lenient: false, now: store.options.now())
            .read(parameters + [("_id", ids), ("_count", "\(Self.takeMax)"), ("_total", "none")])
        return try store.reading { database in
            try database.read { db in
                let judge = try sight.map { try self.judge($0, .export, db) }
                let seen = judge.map { pinned.with($0.plan) } ?? pinned
                let page = try SearchRun(db: db, parts: seen, query: query).page()
                let versions = page.entries.filter { $0.mode == .match }.map(\.version)
                guard let judge, let sight else { return try versions.map { try taken($0, masking, nil, db) } }
                let judged = try judge.judge(versions)
                return try versions.compactMap { version -> TakenResource? in
                    guard let judgement = try judge.judge(version, newest: judged[version.key]),
                        judgement.masking != .deidentified
                    else { return nil }
                    var hiding = judgement
                    hiding.masking = max(hiding.masking, masking)
                    return TakenResource(
                        key: version.key, lastUpdated: version.lastUpdated,
                        document: try parts.document(shown(version, hiding, sight, db).json()), masking: hiding.masking,
                        persons: judgement.persons)
                }
            }
        }
    }

    /// Resources that are taken at a time, at most.
    public static let takeMax = 100

    /// Where nobody asks who may see what: masked by the resource's own names and those of its subject.
    private func taken(
        _ version: Version, _ masking: Masking, _ persons: Set<String>?, _ db: SQLConnection
    ) throws -> TakenResource {
        var document = try parts.document(version.json())
        if masking != .none {
            var names: Set<String> = []
            let subject = (document.root["subject"] ?? document.root["patient"])?["reference"]?.string
            if let key = subject.flatMap({ ResourceKey(reference: $0) }), let patient = try parts.current(db, key) {
                names = Masker.names(in: try parts.document(patient.stored.bytes).root)
            }
            let masked = Masker(parts.definitions).masked(
                document.root, masking, names: names, now: store.options.now())
            guard let masked else { throw RecordsError.hidden }
            document = try parts.document(masked)
        }
        return TakenResource(
            key: version.key, lastUpdated: version.lastUpdated, document: document, masking: masking, persons: persons)
    }
}
