/// What must be kept of a tree to append to it: the roots of its full subtrees, the largest first, one for each bit of the
/// size.
public struct MerkleFrontier: Sendable, Hashable {
    /// How many leaves there are.
    public private(set) var size: Int64 = 0
    /// The roots of the full subtrees.
    public private(set) var hashes: [MerkleHash] = []

    /// An empty tree.
    public init() {}

    /// A kept frontier; nil when the number of hashes does not fit the size.
    public init?(size: Int64, hashes: [MerkleHash]) {
        guard size >= 0, hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// Appends a leaf.
    ///
    /// - Parameter completed: called with the level (1 and up) and the hash of each subtree that is full now.
    mutating func append(
        _ leaf: MerkleHash, _ hasher: borrowing MerkleHasher, completed: (Int, MerkleHash) -> Void = { _, _ in }
    ) {
        var hash = leaf
        var level = 0
        while size >> level & 1 == 1 {
            hash = hasher.node(hashes.removeLast(), hash)
            level += 1
            completed(level, hash)
        }
        hashes.append(hash)
        size += 1
    }

    /// The root.
    func root(_ hasher: borrowing MerkleHasher) -> MerkleHash {
        guard var root = hashes.last else { return .empty }
        for hash in hashes.dropLast().reversed() { root = hasher.node(hash, root) }
        return root
    }

    /// The root.
    public var root: MerkleHash { root(MerkleHasher()) }
}
