import CCrypto

/// A SHA-256 of the Merkle tree: 32 bytes.
public struct MerkleHash: Sendable, Hashable {
    /// How many bytes it has.
    public static let byteCount = 32
    /// The bytes as they lie in memory.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    fileprivate init() {}

    /// Takes 32 bytes; nil when there are more or fewer.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        Swift.withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R { Swift.withUnsafeBytes(of: words, body) }

    fileprivate mutating func withUnsafeMutableBytes(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
        Swift.withUnsafeMutableBytes(of: &words, body)
    }

    /// Whether both have the same bytes.
    public static func == (a: MerkleHash, b: MerkleHash) -> Bool { a.words == b.words }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }

    /// The root of a tree without leaves: the hash of nothing.
    public static let empty = MerkleHasher().digest([])

    /// Hashes that stand one behind another; nil when the bytes are not so.
    static func list(_ bytes: [UInt8]) -> [MerkleHash]? {
        guard bytes.count % byteCount == 0 else { return nil }
        return stride(from: 0, to: bytes.count, by: byteCount).compactMap { MerkleHash(bytes[$0..<$0 + byteCount]) }
    }
}

extension [MerkleHash] {
    /// The hashes one behind another.
    var joinedBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * MerkleHash.byteCount)
        for hash in self { hash.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }
}

/// Hashes leaves and nodes as RFC 9162, 2.1.1 says: a leaf behind a byte 0, two children behind a byte 1.
public struct MerkleHasher: ~Copyable {
    private let context: OpaquePointer?
    /// Fetched once: a fetch costs more than a hash.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// Makes a working area, used by one thread at a time.
    public init() { context = EVP_MD_CTX_new() }

    deinit { EVP_MD_CTX_free(context) }

    /// The hash of a leaf.
    public func leaf(_ data: some Collection<UInt8>) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: data.count + 1, alignment: 8) { buffer in
            buffer[0] = 0
            UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyBytes(from: data)
            return digest(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The hash of a node with two children.
    public func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
            buffer[0] = 1
            left.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0) }
            right.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0) }
            return digest(UnsafeRawBufferPointer(buffer))
        }
    }

    func digest(_ bytes: [UInt8]) -> MerkleHash { bytes.withUnsafeBytes { digest($0) } }

    private func digest(_ bytes: UnsafeRawBufferPointer) -> MerkleHash {
        var hash = MerkleHash()
        let done =
            EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1
            && EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
        var isFinal = false
        hash.withUnsafeMutableBytes { out in
            isFinal = EVP_DigestFinal_ex(context, out.bindMemory(to: UInt8.self).baseAddress, nil) == 1
        }
        precondition(done && isFinal, "libcrypto has SHA-256, and a hash of bytes in memory can't fail")
        return hash
    }
}
