import SQL

extension WriteSession {
    /// Looks up, in one round trip, what writes must know: the standing of each resource, the version before, and the
    /// numbers of what they refer to. For PostgreSQL, where a look-up each would cost more than the write.
    func prefetch(_ writes: [PreparedWrite]) throws {
        guard isBuffered else { return }
        var wanted: [ResourceKey: Bool] = [:]
        for write in writes {
            if found[write.key] == nil { wanted[write.key] = true }
            guard case .put(let body, _, _) = write.operation else { continue }
            for row in body.rows.references where memory.rids[row.target] == nil && found[row.target] == nil {
                if wanted[row.target] == nil { wanted[row.target] = false }
            }
        }
        try lookUp(wanted)
    }

    /// Looks up resources; of those that are written, the version before as well.
    func lookUp(_ wanted: [ResourceKey: Bool]) throws {
        var keys: [ResourceKey] = []
        var types: [Int64] = []
        var ids: [[UInt8]] = []
        var takesBody: [Int64] = []
        for (key, isWritten) in wanted {
            guard let type = parts.types.number(of: key.type) else { continue }
            keys.append(key)
            types.append(type)
            ids.append(IDCode.encode(key.id))
            takesBody.append(isWritten ? 1 : 0)
            found[key] = Found()
        }
        guard !keys.isEmpty else { return }
        let statement = try db.statement(
            """
            SELECT k.place, r.rid, r.sequence, r.alive, r.shard, v.number, v.verb, v.at, v.dictionary, v.splice, v.body
            FROM unnest(?, ?, ?) WITH ORDINALITY AS k(type, id, body, place)
            CROSS JOIN LATERAL (SELECT rid, sequence, alive, shard FROM resource
                WHERE resource.type = k.type AND resource.id = k.id LIMIT 1) AS r
            LEFT JOIN LATERAL (SELECT number, verb, at, dictionary, splice, body FROM version
                WHERE k.body = 1 AND version.sequence = r.sequence LIMIT 1) AS v ON TRUE
            """)
        try statement.bind(1, integers: types)
        try statement.bind(2, blobs: ids)
        try statement.bind(3, integers: takesBody)
        defer { statement.reset() }
        while try statement.step() {
            let key = keys[Int(statement.int(0)) - 1]
            let isAlive = statement.int(3) == 1
            let state = State(
                rid: statement.int(1), sequence: statement.int(2), isAlive: isAlive, number: Int(statement.int(5)),
                shard: statement.int(4))
            var current: Version?
            if isAlive, wanted[key] == true, !statement.isNull(10) {
                let bytes = try statement.withBlob(10) {
                    try parts.codec.decompress($0, dictionary: statement.int(8))
                }
                current = Version(
                    key: key, versionID: state.number, lastUpdated: statement.int(7), sequence: state.sequence,
                    verb: Verb(rawValue: Int(statement.int(6))) ?? .update,
                    stored: StoredBody(bytes: bytes, splice: .init(encoded: statement.int(9))))
            }
            found[key] = Found(state: state, current: current, isWhole: wanted[key] == true)
        }
    }
}
