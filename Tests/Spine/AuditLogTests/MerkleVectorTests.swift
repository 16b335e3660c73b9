import AuditLog
import Testing

/// Checks: RFC 9162, 2.1.3.2 and 2.1.4.2, by the vectors of the transparency-dev project.
@Suite("Vectors of Merkle proofs")
struct MerkleVectorTests {
    static let inclusion = Suites.files(below: "merkle/testdata/inclusion")
    static let consistency = Suites.files(below: "merkle/testdata/consistency")
    static let subtreeInclusion = Suites.files(below: "merkle/testdata/subtreeinclusion")
    static let subtreeConsistency = Suites.files(below: "merkle/testdata/subtreeconsistency")

    @Test(
        "inclusion", .enabled(if: !inclusion.isEmpty, "the suites beside the repository are absent"),
        arguments: inclusion)
    func checkInclusion(_ name: String) throws {
        let vector = try Suites.object(name)
        let isGood =
            if let index = vector.size("leafIdx"), let size = vector.size("treeSize") {
                MerkleVerifier.includes(
                    leaf: vector.bytes("leafHash"), at: index, size: size, root: vector.bytes("root"),
                    path: vector.path())
            } else { false }
        #expect(isGood == (vector["wantErr"] as? Bool == false))
    }

    @Test(
        "consistency", .enabled(if: !consistency.isEmpty, "the suites beside the repository are absent"),
        arguments: consistency)
    func checkConsistency(_ name: String) throws {
        let vector = try Suites.object(name)
        let isGood =
            if let old = vector.size("size1"), let new = vector.size("size2") {
                MerkleVerifier.isConsistent(
                    (old, vector.bytes("root1")), (new, vector.bytes("root2")), path: vector.path())
            } else { false }
        #expect(isGood == (vector["wantErr"] as? Bool == false))
    }

    @Test(
        "inclusion in a subtree",
        .enabled(if: !subtreeInclusion.isEmpty, "the suites beside the repository are absent"),
        arguments: subtreeInclusion)
    func checkSubtreeInclusion(_ name: String) throws {
        let vector = try Suites.object(name)
        let isGood =
            if let index = vector.size("leafIdx"), let start = vector.size("start"), let end = vector.size("end"),
                start <= end
            {
                MerkleVerifier.subtreeIncludes(
                    leaf: vector.bytes("leafHash"), at: index, in: start..<end, root: vector.bytes("root"),
                    path: vector.path())
            } else { false }
        #expect(isGood == (vector["wantErr"] as? Bool == false))
    }

    @Test(
        "consistency of a subtree",
        .enabled(if: !subtreeConsistency.isEmpty, "the suites beside the repository are absent"),
        arguments: subtreeConsistency)
    func checkSubtreeConsistency(_ name: String) throws {
        let vector = try Suites.object(name)
        let isGood =
            if let start = vector.size("start"), let end = vector.size("end"), let size = vector.size("size"),
                start <= end
            {
                MerkleVerifier.holds(
                    start..<end, root: vector.bytes("root1"), in: (size, vector.bytes("root2")), path: vector.path())
            } else { false }
        #expect(isGood == (vector["wantErr"] as? Bool == false))
    }
}
