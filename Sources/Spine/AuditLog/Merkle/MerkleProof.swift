/// Proofs of RFC 9162, 2.1.3 and 2.1.4, made from the full subtrees of a tree.
enum MerkleProof {
    /// The hash of the full subtree at a level (0: leaves) and a place among those of its level.
    typealias Nodes = (_ level: Int, _ place: Int64) throws -> MerkleHash

    /// The root of the leaves `lower..<upper`, which begin where a full subtree of their size would.
    static func root(
        _ lower: Int64, _ upper: Int64, _ hasher: borrowing MerkleHasher, _ nodes: Nodes
    ) throws -> MerkleHash {
        if upper == lower { return .empty }
        let count = upper - lower
        if count & (count - 1) == 0 {
            return try nodes(count.trailingZeroBitCount, lower >> count.trailingZeroBitCount)
        }
        let middle = lower + split(count)
        return hasher.node(
            try nodes(split(count).trailingZeroBitCount, lower >> split(count).trailingZeroBitCount),
            try root(middle, upper, hasher, nodes))
    }

    /// The path from a leaf to the root of the tree of the first `size` leaves, the lowest first.
    static func inclusion(
        _ leaf: Int64, _ size: Int64, _ hasher: borrowing MerkleHasher, _ nodes: Nodes
    ) throws -> [MerkleHash] {
        var path: [MerkleHash] = []
        var (lower, upper) = (Int64(0), size)
        while upper - lower > 1 {
            let middle = lower + split(upper - lower)
            if leaf < middle {
                path.append(try root(middle, upper, hasher, nodes))
                upper = middle
            } else {
                path.append(try root(lower, middle, hasher, nodes))
                lower = middle
            }
        }
        return path.reversed()
    }

    /// What shows that the tree of the first `size` leaves begins with that of the first `old`, the lowest first.
    static func consistency(
        _ old: Int64, _ size: Int64, _ hasher: borrowing MerkleHasher, _ nodes: Nodes
    ) throws -> [MerkleHash] {
        if old == 0 || old == size { return [] }
        var path: [MerkleHash] = []
        var (lower, upper) = (Int64(0), size)
        // `lower > 0` means that the subtree is not one whose root the verifier knows.
        while upper != old {
            let middle = lower + split(upper - lower)
            if old <= middle {
                path.append(try root(middle, upper, hasher, nodes))
                upper = middle
            } else {
                path.append(try root(lower, middle, hasher, nodes))
                lower = middle
            }
        }
        if lower > 0 { path.append(try root(lower, upper, hasher, nodes)) }
        return path.reversed()
    }

    /// The largest power of two below a count of at least two.
    private static func split(_ count: Int64) -> Int64 {
        1 << (63 - (count - 1).leadingZeroBitCount)
    }
}
