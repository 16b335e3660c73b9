import CCrypto
import Foundation

/// By what receivers know that a notification is ours: HMAC-SHA256 (RFC 2104) with a secret that they were given once.
///
/// Secrets are not kept: each is made from the server's key, the Subscription's id and the number of the secret.
struct Signature {
    /// 32 random bytes that only the server has.
    let key: [UInt8]

    /// The secret of a subscription as its receiver holds it.
    func secret(of subscription: String, number: Int64) -> String {
        Data(Self.hmac(key, Array("subscription/\(subscription)/\(number)".utf8))).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The field of a request: the second at which it was signed, and the code of `second.body`.
    func field(_ subscription: String, number: Int64, seconds: Int64, body: [UInt8]) -> String {
        let secret = Array(secret(of: subscription, number: number).utf8)
        let code = Self.hmac(secret, Array("\(seconds).".utf8) + body)
        return "t=\(seconds),v1=\(Self.hex(code))"
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return Array(digest[..<32])
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        let result = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &code, code.count, &count)
        precondition(result != nil && count == 32, "OpenSSL has HMAC with SHA-256")
        return Array(code.prefix(count))
    }
}
