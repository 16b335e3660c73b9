import Access
public import AuditLog
public import Records

/// The log itself, for whoever checks it: checkpoints and proofs hold hashes alone.
extension Gate {
    /// The newest signed checkpoint; nil before the first.
    public func checkpoint() throws(RecordsError) -> String? {
        try store.readSQL { db in try AuditTrail.latestCheckpoint(in: db)?.note }
    }

    /// That an entry is in the tree of the first entries.
    public struct Inclusion: Sendable {
        /// The hash of the entry.
        public var leaf: MerkleHash
        /// The hashes from the leaf up.
        public var path: [MerkleHash]
        /// The root.
        public var root: MerkleHash
        /// The entry to the byte, for those who may read it.
        public var entry: [UInt8]?
    }

    /// Proves that an entry is in the tree of the first `size` entries (RFC 9162, 2.1.3).
    /// - Throws: ``AuditError/outOfRange``, `RecordsError`.
    public func inclusion(of index: Int64, size: Int64, for caller: Caller) throws -> Inclusion {
        let found = try store.readSQL { db -> Result<(AuditEntry, [MerkleHash], MerkleHash), AuditError> in
            do {
                guard index < size, let entry = try AuditTrail.entry(at: index, in: db) else {
                    return .failure(.outOfRange)
                }
                return .success(
                    (
                        entry, try AuditTrail.inclusionProof(of: index, size: size, in: db),
                        try AuditTrail.root(at: size, in: db)
                    ))
            } catch let error as AuditError { return .failure(error) }
        }.get()
        let bytes = found.0.encoded
        let isOpen = try mayRead(caller.on(.audit), about: nil)
        return Inclusion(
            leaf: MerkleHasher().leaf(bytes), path: found.1, root: found.2, entry: isOpen ? bytes : nil)
    }

    /// Proves that the tree of the first `size` entries begins with that of the first `old` (RFC 9162, 2.1.4).
    /// - Throws: ``AuditError/outOfRange``, `RecordsError`.
    public func consistency(
        from old: Int64, to size: Int64
    ) throws -> (path: [MerkleHash], old: MerkleHash, new: MerkleHash) {
        try store.readSQL { db -> Result<([MerkleHash], MerkleHash, MerkleHash), AuditError> in
            do {
                guard old <= size else { return .failure(.outOfRange) }
                return .success(
                    (
                        try AuditTrail.consistencyProof(from: old, to: size, in: db),
                        try AuditTrail.root(at: old, in: db), try AuditTrail.root(at: size, in: db)
                    ))
            } catch let error as AuditError { return .failure(error) }
        }.get()
    }
}
