import CCrypto

/// The digests of OpenSSL that the accounts use.
enum Digest: String {
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"

    /// The digest of bytes.
    func of(_ bytes: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size = 0
        let done = EVP_Q_digest(nil, rawValue, nil, bytes, bytes.count, &result, &size)
        precondition(done == 1, "OpenSSL has no \(rawValue)")
        return Array(result.prefix(size))
    }

    /// HMAC, RFC 2104.
    func hmac(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size = 0
        let done = EVP_Q_mac(
            nil, "HMAC", nil, rawValue, nil, key, key.count, message, message.count, &result, result.count, &size)
        precondition(done != nil, "OpenSSL has no HMAC of \(rawValue)")
        return Array(result.prefix(size))
    }
}

/// Compares without telling by its time where the first difference is; the lengths are no secret.
func isEqualInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    guard one.count == other.count else { return false }
    var difference: UInt8 = 0
    for index in one.indices { difference |= one[index] ^ other[index] }
    return difference == 0
}
