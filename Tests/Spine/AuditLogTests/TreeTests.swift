import AuditLog
import SQL
import Testing

/// The definition of RFC 9162, 2.1, written down as it stands there.
enum NaiveTree {
    static func root(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        let hasher = MerkleHasher()
        if leaves.isEmpty { return .empty }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        let middle = leaves.startIndex + split(leaves.count)
        return hasher.node(root(leaves[..<middle]), root(leaves[middle...]))
    }

    static func inclusion(_ place: Int, _ leaves: ArraySlice<MerkleHash>) -> [MerkleHash] {
        if leaves.count == 1 { return [] }
        let k = split(leaves.count)
        let middle = leaves.startIndex + k
        return place < k
            ? inclusion(place, leaves[..<middle]) + [root(leaves[middle...])]
            : inclusion(place - k, leaves[middle...]) + [root(leaves[..<middle])]
    }

    static func consistency(_ old: Int, _ leaves: ArraySlice<MerkleHash>, _ isKnown: Bool = true) -> [MerkleHash] {
        if old == leaves.count { return isKnown ? [] : [root(leaves)] }
        let k = split(leaves.count)
        let middle = leaves.startIndex + k
        return old <= k
            ? consistency(old, leaves[..<middle], isKnown) + [root(leaves[middle...])]
            : consistency(old - k, leaves[middle...], false) + [root(leaves[..<middle])]
    }

    private static func split(_ count: Int) -> Int {
        var k = 1
        while k * 2 < count { k *= 2 }
        return k
    }
}

@Suite("The tree of the log")
struct TreeTests {
    private func leaves(_ entries: [AuditEntry]) -> [MerkleHash] {
        let hasher = MerkleHasher()
        return entries.map { hasher.leaf($0.encoded) }
    }

    @Test("has the hashes of RFC 6962's empty tree and empty leaf")
    func knownHashes() {
        func hex(_ hash: MerkleHash) -> String {
            hash.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(hex(.empty) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let leaf = MerkleHasher().leaf([UInt8]())
        #expect(hex(leaf) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    }

    @Test("proves what the definition proves, for every small size", arguments: TestDatabase.available)
    func smallTrees(kind: TestDatabase) throws {
        try kind.with { database throws in
            let entries = Entries.day(40, seed: 1)
            let leaves = leaves(entries)
            for size in 1...entries.count {
                _ = try database.write { db in try AuditTrail.append([entries[size - 1]], in: db) }
                try database.read { db throws in
                    let state = try AuditTrail.state(in: db)
                    #expect(state.size == Int64(size))
                    #expect(state.root == NaiveTree.root(leaves[..<size]))
                    try proveAll(size, Array(0..<size), Array(0...size), leaves, db)
                }
            }
        }
    }

    @Test("proves over tiles of two levels, whatever the batches", arguments: TestDatabase.available)
    func largeTree(kind: TestDatabase) throws {
        try kind.with { database throws in
            var generator = SeededGenerator(7)
            let entries = Entries.day(70_000, seed: 2)
            let leaves = leaves(entries)
            var size = 0
            var dues = [20_000, 66_000, entries.count]
            while size < entries.count {
                let batch = [1, 3, 255, 256, 257, 5000].randomElement(using: &generator) ?? 1
                let upTo = min(entries.count, size + batch)
                let places = try database.write { db in try AuditTrail.append(Array(entries[size..<upTo]), in: db) }
                #expect(places == Int64(size)..<Int64(upTo))
                size = upTo
                guard let due = dues.first, size >= due else { continue }
                dues.removeFirst()
                try database.read { db throws in
                    #expect(try AuditTrail.state(in: db).root == NaiveTree.root(leaves[..<size]))
                    let some = (0..<2).map { _ in Int.random(in: 0..<size, using: &generator) }
                    try proveAll(size, some, some, leaves, db)
                    let older = Int.random(in: 1...size, using: &generator)
                    try proveAll(older, [0, older - 1], [1, older], leaves, db)
                    #expect(try AuditTrail.root(at: Int64(older), in: db) == NaiveTree.root(leaves[..<older]))
                }
            }
            #expect(try AuditVerification.run(on: database).findings == [])
            try database.read { db throws in
                for place in [0, 255, 256, 69_999] {
                    #expect(try AuditTrail.entry(at: Int64(place), in: db) == entries[place])
                }
                #expect(try AuditTrail.entry(at: 70_000, in: db) == nil)
                let copied = try AuditTrail.entries(from: 250, count: 700, in: db)
                #expect(copied.map(\.entry) == Array(entries[250..<950]))
                #expect(throws: AuditError.outOfRange) { try AuditTrail.inclusionProof(of: 5, size: 70_001, in: db) }
                #expect(throws: AuditError.outOfRange) { try AuditTrail.inclusionProof(of: 5, size: 5, in: db) }
            }
        }
    }

    private func proveAll(
        _ size: Int, _ places: [Int], _ olds: [Int], _ leaves: [MerkleHash], _ db: SQLConnection
    ) throws {
        let tree = leaves[..<size]
        let root = NaiveTree.root(tree)
        for place in places {
            let path = try AuditTrail.inclusionProof(of: Int64(place), size: Int64(size), in: db)
            #expect(path == NaiveTree.inclusion(place, tree))
            #expect(
                MerkleVerifier.includes(
                    leaf: leaves[place].bytes, at: Int64(place), size: Int64(size), root: root.bytes,
                    path: path.map(\.bytes)))
            #expect(
                !MerkleVerifier.includes(
                    leaf: leaves[(place + 1) % leaves.count].bytes, at: Int64(place), size: Int64(size),
                    root: root.bytes, path: path.map(\.bytes)))
        }
        for old in olds {
            let path = try AuditTrail.consistencyProof(from: Int64(old), to: Int64(size), in: db)
            if old == 0 {
                #expect(path == [])
                continue
            }
            #expect(path == NaiveTree.consistency(old, tree))
            let oldRoot = NaiveTree.root(leaves[..<old])
            #expect(
                MerkleVerifier.isConsistent(
                    (Int64(old), oldRoot.bytes), (Int64(size), root.bytes), path: path.map(\.bytes)))
            let other = MerkleHasher().node(oldRoot, root)
            #expect(
                !MerkleVerifier.isConsistent(
                    (Int64(old), other.bytes), (Int64(size), root.bytes), path: path.map(\.bytes)))
        }
    }
}
