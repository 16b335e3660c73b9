import CCrypto

/// SHA-256 over versions in the order of the feed: two stores with the same digest have the same history.
///
/// What is digested is the content of an archive: `zstd -dc backup.zst | sha256sum` gives the same.
public struct FeedDigest: ~Copyable {
    private let context: OpaquePointer?
    private var bytes: [UInt8] = []
    /// How many versions were taken in.
    public private(set) var count = 0

    /// Begins with nothing.
    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes in the next version.
    public mutating func add(_ version: FeedVersion) {
        version.append(to: &bytes)
        count += 1
        if bytes.count >= 1 << 16 { flush() }
    }

    /// Takes in some versions.
    public mutating func add(_ versions: [FeedVersion]) {
        for version in versions { add(version) }
    }

    private mutating func flush() {
        EVP_DigestUpdate(context, bytes, bytes.count)
        bytes.removeAll(keepingCapacity: true)
    }

    /// The digest of what was taken in since the last one, in 64 hexadecimal digits.
    public mutating func finish() -> String {
        flush()
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        EVP_DigestFinal_ex(context, &digest, &size)
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
        return digest.prefix(Int(size)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
