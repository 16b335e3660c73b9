import SQL

extension StoreParts {
    /// The current versions of resources that refer to one by any search parameter, in the order of their numbers.
    func referrers(_ db: SQLConnection, _ key: ResourceKey, limit: Int) throws -> [Version] {
        guard let target = try rid(db, key) else { return [] }
        let rids = try db.query(
            """
            SELECT DISTINCT rid FROM index_reference WHERE param IN (SELECT id FROM parameter) AND target = ?
            ORDER BY rid LIMIT ?
            """, [.integer(target), .int(limit)]
        ) { $0.int(0) }
        return try current(db, rids: rids)
    }
}

extension RecordStore {
    /// The resources that refer to one by any search parameter.
    ///
    /// - Parameter limit: at most this many.
    public func referrers(of key: ResourceKey, limit: Int) throws(RecordsError) -> [Version] {
        try readSQL { db in try parts.referrers(db, key, limit: limit) }
    }
}

extension WriteDesk {
    /// The same, as of this very transaction.
    public func referrers(of key: ResourceKey, limit: Int) throws -> [Version] {
        try session.flush()
        return try session.parts.referrers(session.db, key, limit: limit)
    }
}

extension WriteDesk {
    /// A given version of a resource.
    ///
    /// - Throws: ``RecordsError`` of category `notFound`.
    public func version(_ key: ResourceKey, _ versionID: Int) throws -> Version {
        try session.flush()
        guard let version = try session.parts.version(session.db, key, versionID) else {
            throw RecordsError(.notFound, "There is no version \(versionID) of \(key).")
        }
        return version
    }
}

extension RecordStore {
    /// The store's clock: milliseconds since 1970 UTC.
    public var now: Int64 { options.now() }
}
