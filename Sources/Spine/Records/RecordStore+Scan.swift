public import JSON
public import SQL

/// A resource met by a scan.
public struct ScannedResource: Sendable {
    /// Its number, which the next part of a scan begins after.
    public let rid: Int64
    /// Its newest version.
    public let version: Version
    /// The resource with its id, version and time.
    public let document: JSONDocument
}

extension StoreParts {
    /// Some of the resources of a type that are not deleted, with their numbers.
    func scan(
        _ db: SQLConnection, type: String, after rid: Int64, limit: Int
    ) throws -> [(rid: Int64, version: Version)] {
        guard let number = types.number(of: type) else { return [] }
        var rows = Fragment(
            """
            SELECT \(Self.versionColumns) FROM resource r JOIN version v ON v.sequence = r.sequence
            WHERE r.type = ? AND r.alive = 1 AND r.rid > ?
            """, [.integer(number), .integer(rid)])
        switch try seen?.reached(type, searching: [], db, self) {
        case nil, .everything?: break
        case .nothing?: return []
        case .rows(let part)?: rows = rows + Fragment("AND") + part.test.of("r.rid")
        }
        return try db.query("\(rows.sql) ORDER BY r.rid LIMIT \(limit)", rows.values) { row in
            (row.int(9), try version(row))
        }
    }
}

extension RecordStore {
    /// Some of the resources of a type that are not deleted, in the order of their numbers.
    ///
    /// A long scan is made of many short ones, so that it holds no snapshot open: what changes meanwhile may be seen or
    /// not, but each resource comes once.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - rid: the number after which it begins; 0 for the first.
    ///   - limit: how many at most.
    public func scan(type: String, after rid: Int64, limit: Int) throws(RecordsError) -> [ScannedResource] {
        let versions = try reading { database in
            try database.readOnce { db in try parts.scan(db, type: type, after: rid, limit: limit) }
        }
        do {
            return try versions.map { rid, version in
                ScannedResource(rid: rid, version: version, document: try parts.document(version.json()))
            }
        } catch {
            throw RecordsError(translating: error)
        }
    }

    /// Writes to a projection's own tables, in one transaction beside the feed.
    ///
    /// Facts are never written so: what a projection's tables hold must come from the store again when they are rebuilt.
    ///
    /// - Parameter durably: whether it outlives a power cut in any case; else only once something is written durably after it.
    public func writeSQL<T: Sendable>(
        durably: Bool = true, _ body: @escaping @Sendable (SQLConnection) throws -> T
    ) async throws(RecordsError) -> T {
        do {
            // On a database that several servers share what is written aside would keep no order with the feed.
            return try await durably || feed.isShared ? writer.perform(body) : writer.performAside(body)
        } catch { throw RecordsError(translating: error) }
    }
}
