/// Checks proofs of a Merkle tree: RFC 9162, 2.1.3.2 and 2.1.4.2, and the same for subtrees.
///
/// Hashes are bytes as they come from outside: of whatever length, they are refused, not trapped on.
public enum MerkleVerifier {
    /// Whether a path proves that a leaf is at a place of a tree.
    ///
    /// - Parameters:
    ///   - leaf: the hash of the leaf.
    ///   - index: its place, from 0.
    ///   - size: how many leaves the tree has.
    ///   - root: the root of the tree.
    ///   - path: the proof, the lowest hash first.
    public static func includes(leaf: [UInt8], at index: Int64, size: Int64, root: [UInt8], path: [[UInt8]]) -> Bool {
        guard index >= 0, index < size, let leaf = MerkleHash(leaf) else { return false }
        let hasher = MerkleHasher()
        var (place, last) = (index, size - 1)
        var hash = leaf
        for element in path {
            guard last > 0, let sibling = MerkleHash(element) else { return false }
            if place & 1 == 1 || place == last {
                hash = hasher.node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = hasher.node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash.bytes == root
    }

    /// Whether a path proves that a leaf of a tree is in the subtree of the leaves `leaves`.
    public static func subtreeIncludes(
        leaf: [UInt8], at index: Int64, in leaves: Range<Int64>, root: [UInt8], path: [[UInt8]]
    ) -> Bool {
        guard isSubtree(leaves), leaves.contains(index) else { return false }
        return includes(
            leaf: leaf, at: index - leaves.lowerBound, size: Int64(leaves.count), root: root, path: path)
    }

    /// Whether a path proves that a tree begins with an older one.
    ///
    /// From an empty tree nothing can be proved: that is refused, unless both are empty.
    public static func isConsistent(
        _ old: (size: Int64, root: [UInt8]), _ new: (size: Int64, root: [UInt8]), path: [[UInt8]]
    ) -> Bool {
        guard old.size >= 0, old.size <= new.size else { return false }
        if old.size == new.size { return path.isEmpty && old.root == new.root }
        guard old.size > 0 else { return false }
        return holds(0..<old.size, root: old.root, in: new, path: path)
    }

    /// Whether a path proves that a tree has the subtree of the leaves `leaves`, as drafted for Merkle Tree Certificates
    /// (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency Proofs"). The empty subtree is in every tree that
    /// reaches its place.
    public static func holds(
        _ leaves: Range<Int64>, root: [UInt8], in tree: (size: Int64, root: [UInt8]), path: [[UInt8]]
    ) -> Bool {
        guard leaves.upperBound <= tree.size else { return false }
        if leaves.isEmpty { return leaves.lowerBound >= 0 && path.isEmpty && root == MerkleHash.empty.bytes }
        guard isSubtree(leaves) else { return false }
        if leaves == 0..<tree.size { return path.isEmpty && root == tree.root }
        var (first, last, end) = (leaves.lowerBound, leaves.upperBound - 1, tree.size - 1)
        func isLevelDone() -> Bool { first == last || (last != end && last & 1 == 0) }
        while !isLevelDone() {
            first >>= 1
            last >>= 1
            end >>= 1
        }
        var path = path[...]
        guard var old = MerkleHash(first == last ? root : path.popFirst() ?? []) else { return false }
        var new = old
        let hasher = MerkleHasher()
        for element in path {
            guard end > 0, let sibling = MerkleHash(element) else { return false }
            if last & 1 == 1 || last == end {
                if first < last { old = hasher.node(sibling, old) }
                new = hasher.node(sibling, new)
                while last & 1 == 0, last != 0 {
                    first >>= 1
                    last >>= 1
                    end >>= 1
                }
            } else {
                new = hasher.node(new, sibling)
            }
            first >>= 1
            last >>= 1
            end >>= 1
        }
        return end == 0 && old.bytes == root && new.bytes == tree.root
    }

    /// Whether leaves are all those of a node, or the first of those.
    private static func isSubtree(_ leaves: Range<Int64>) -> Bool {
        guard leaves.lowerBound >= 0, !leaves.isEmpty else { return false }
        let levels = 64 - (leaves.upperBound - leaves.lowerBound - 1).leadingZeroBitCount
        return levels < 63 ? leaves.lowerBound & (1 << levels - 1) == 0 : leaves.lowerBound == 0
    }
}
