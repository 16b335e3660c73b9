import Accounts
import CCrypto
import JSON

/// Looks at health codes with the published keys alone: no network, no secret.
public struct HealthCodeVerifier: Sendable {
    static let type = "health-code+jwt"
    /// Clocks of institutions may differ by so many seconds. Ours.
    public static let clockSeconds: Int64 = 10

    private let keys: [String: [UInt8]]

    /// - Parameter keySet: a JWK set (RFC 7517) with Ed25519 keys (RFC 8037).
    /// - Throws: ``HealthCodeFault/malformed`` when it is none.
    public init(keySet: [UInt8]) throws(HealthCodeFault) {
        guard let entries = (try? JSONDocument(parsing: keySet))?.root["keys"], entries.isArray else {
            throw .malformed
        }
        var keys: [String: [UInt8]] = [:]
        for key in entries.elements where key["kty"]?.equals("OKP") == true && key["crv"]?.equals("Ed25519") == true {
            guard let kid = key["kid"]?.string, let x = key["x"]?.string.flatMap(Base64URL.decode),
                x.count == 32
            else { continue }
            keys[kid] = Array(x)
        }
        self.keys = keys
    }

    /// What a code says, when it is good now.
    ///
    /// - Parameter now: seconds since 1970 UTC.
    public func verify(_ token: String, now: Int64) throws(HealthCodeFault) -> HealthCodeClaims {
        // A code is below 600 bytes; what is much longer is none.
        guard token.utf8.count <= 2_000 else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let body = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), signature.count == 64,
            let head = (try? JSONDocument(parsing: Array(header)))?.root, head["alg"]?.equals("EdDSA") == true,
            head["typ"]?.equals(Self.type) == true, let kid = head["kid"]?.string
        else { throw .malformed }
        guard let key = keys[kid] else { throw .unknownKey(kid) }
        guard Ed25519.isSigned(Array("\(parts[0]).\(parts[1])".utf8), Array(signature), key: key) else {
            throw .badSignature
        }
        guard let claims = HealthCodeClaims(Array(body)) else { throw .malformed }
        if claims.notBefore > now + Self.clockSeconds { throw .notYet(seconds: claims.notBefore - now) }
        if claims.expires + Self.clockSeconds <= now { throw .expired(seconds: now - claims.expires) }
        return claims
    }
}

/// Signatures by Ed25519 (RFC 8032).
enum Ed25519 {
    static func publicKey(seed: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        let done = key != nil && EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1
        precondition(done, "OpenSSL makes an Ed25519 key from 32 bytes")
        return bytes
    }

    static func sign(_ message: [UInt8], seed: [UInt8]) -> [UInt8] {
        let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        let done =
            key != nil && EVP_DigestSignInit(context, nil, nil, nil, key) == 1
            && EVP_DigestSign(context, &signature, &count, message, message.count) == 1
        precondition(done && count == 64, "OpenSSL signs by Ed25519")
        return signature
    }

    static func isSigned(_ message: [UInt8], _ signature: [UInt8], key bytes: [UInt8]) -> Bool {
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return false }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
