public import SQL

extension AuditTrail {
    /// The root over the first entries.
    ///
    /// - Throws: ``AuditError/outOfRange`` when there are not so many.
    public static func root(at size: Int64, in db: SQLConnection) throws -> MerkleHash {
        try check(size, in: db)
        let reader = AuditTileReader(db)
        return try MerkleProof.root(0, size, MerkleHasher(), reader.node)
    }

    /// Proves that an entry is at its place in the tree over the first `size` entries: RFC 9162, 2.1.3.
    ///
    /// - Returns: the hashes from the leaf up. ``MerkleVerifier`` checks them.
    public static func inclusionProof(of index: Int64, size: Int64, in db: SQLConnection) throws -> [MerkleHash] {
        try check(size, in: db)
        guard (0..<size).contains(index) else { throw AuditError.outOfRange }
        let reader = AuditTileReader(db)
        return try MerkleProof.inclusion(index, size, MerkleHasher(), reader.node)
    }

    /// Proves that the tree over the first `size` entries begins with that over the first `old`: RFC 9162, 2.1.4.
    public static func consistencyProof(from old: Int64, to size: Int64, in db: SQLConnection) throws -> [MerkleHash] {
        try check(size, in: db)
        guard (0...size).contains(old) else { throw AuditError.outOfRange }
        let reader = AuditTileReader(db)
        return try MerkleProof.consistency(old, size, MerkleHasher(), reader.node)
    }

    private static func check(_ size: Int64, in db: SQLConnection) throws {
        guard try (0...frontier(in: db).size).contains(size) else { throw AuditError.outOfRange }
    }
}
