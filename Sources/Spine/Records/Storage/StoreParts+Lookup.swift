import SQL

extension StoreParts {
    /// The number of a resource; nil when nothing was ever said of it.
    func rid(_ db: SQLConnection, _ key: ResourceKey) throws -> Int64? {
        guard let type = types.number(of: key.type) else { return nil }
        return try db.first(
            "SELECT rid FROM resource WHERE type = ? AND id = ?", [.integer(type), .blob(IDCode.encode(key.id))]
        ) { $0.int(0) }
    }

    /// The current version of a resource that is not deleted.
    func current(_ db: SQLConnection, rid: Int64) throws -> Version? {
        try db.first(
            """
            SELECT \(Self.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.rid = ? AND r.alive = 1
            """, [.integer(rid)]
        ) { try version($0) }
    }

    /// The current versions of resources that are not deleted, in the order of their numbers given; with their labels where
    /// somebody looks.
    ///
    /// - Parameter known: their labels, where they have been read already.
    func current(
        _ db: SQLConnection, rids: [Int64], labels known: [Int64: SightVerdicts.Row]? = nil
    ) throws -> [Version] {
        var found: [Int64: Version] = [:]
        let asksLabels = seen != nil && known == nil
        let labels =
            !asksLabels ? ("", "") : (", \(SightVerdicts.Row.columns)", "LEFT JOIN access_label l ON l.rid = r.rid")
        try db.rows(
            """
            SELECT \(Self.versionColumns)\(labels.0) FROM resource r JOIN version v ON v.sequence = r.sequence
            \(labels.1) WHERE r.rid = ? AND r.alive = 1
            """, ofEach: rids
        ) { row in
            let rid = row.int(9)
            var version = try version(row)
            version.label = asksLabels ? SightVerdicts.Row(rid: rid, row, at: 10) : known?[rid]
            found[rid] = version
        }
        return rids.compactMap { found[$0] }
    }

    /// The current versions of resources that are not deleted, with their numbers.
    ///
    /// - Parameter sequence: only those that were written after this change; nil: all.
    func numbered(
        _ db: SQLConnection, rids: [Int64], after sequence: Int64? = nil
    ) throws -> [(rid: Int64, version: Version)] {
        var found: [(rid: Int64, version: Version)] = []
        found.reserveCapacity(rids.count)
        try db.rows(
            """
            SELECT \(Self.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.rid = ? AND r.alive = 1\(sequence.map { " AND r.sequence > \($0)" } ?? "")
            """, ofEach: rids
        ) { row in found.append((row.int(9), try version(row))) }
        return found
    }

    /// The current version of a resource, a deletion included; nil when there never was one.
    func newest(_ db: SQLConnection, _ key: ResourceKey) throws -> Version? {
        guard let type = types.number(of: key.type) else { return nil }
        return try db.first(
            """
            SELECT \(Self.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.type = ? AND r.id = ?
            """, [.integer(type), .blob(IDCode.encode(key.id))]
        ) { try version($0) }
    }

    /// A given version of a resource.
    func version(_ db: SQLConnection, _ key: ResourceKey, _ number: Int) throws -> Version? {
        guard let rid = try rid(db, key) else { return nil }
        return try db.first(
            """
            SELECT \(Self.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid
            WHERE v.rid = ? AND v.number = ?
            """, [.integer(rid), .int(number)]
        ) { try version($0) }
    }

    /// The current version of a resource that is not deleted.
    func current(_ db: SQLConnection, _ key: ResourceKey) throws -> Version? {
        try newest(db, key).flatMap { $0.verb == .delete ? nil : $0 }
    }
}

extension SQLConnection {
    /// The first place of the feed at or after a time; the place after the last when there is none.
    ///
    /// Times never fall along the feed, so halving finds it.
    func sequence(atOrAfter milliseconds: Int64) throws -> Int64 {
        var low: Int64 = 1
        var high = (try first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0) + 1
        while low < high {
            let middle = low + (high - low) / 2
            let at = try first("SELECT at FROM version WHERE sequence >= ? LIMIT 1", [.integer(middle)]) { $0.int(0) }
            if let at, at < milliseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
