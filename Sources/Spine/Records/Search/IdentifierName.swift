import SQL

/// An identifier by which resources of a type are looked for, as `identifier=system|value` finds them.
public struct IdentifierName: Sendable, Hashable {
    /// The type of the resources.
    public var type: String
    /// The system; empty for an identifier that has none.
    public var system: String
    /// The value.
    public var value: String

    /// Names an identifier.
    public init(type: String, system: String, value: String) {
        self.type = type
        self.system = system
        self.value = value
    }
}

extension RecordStore {
    /// The resources that have each of some identifiers, in the order of the names; of each at most ten. What is deleted
    /// isn't found.
    ///
    /// It says what a search for the identifier says, in one reading for all, and without a plan for each.
    public func identified(_ names: [IdentifierName]) throws(RecordsError) -> [[ResourceKey]] {
        try readSQL { db in try names.map { try parts.identified($0, db) } }
    }
}

extension WriteDesk {
    /// The resources that have an identifier as of this very transaction, ten at most.
    public func identified(_ name: IdentifierName) throws -> [ResourceKey] {
        try session.flush()
        return try session.parts.identified(name, session.db)
    }
}

extension StoreParts {
    fileprivate func identified(_ name: IdentifierName, _ db: SQLConnection) throws -> [ResourceKey] {
        guard let parameter = indexer.parameter("identifier", of: name.type),
            let system = terms.known(name.system)
        else { return [] }
        return try parameter.rows(in: .identifier).flatMap { row in
            try db.query(
                """
                SELECT r.id FROM \(IndexTable.identifier.name) i JOIN resource r ON r.rid = i.rid
                WHERE i.param = ? AND i.value = ? AND i.system = ? ORDER BY i.rid LIMIT 10
                """, [.integer(row), .text(name.value), .integer(system)]
            ) { row in ResourceKey(type: name.type, id: row.withBlob(0) { IDCode.decode($0) }) }
        }
    }
}
