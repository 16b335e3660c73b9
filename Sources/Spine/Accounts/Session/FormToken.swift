/// Tokens against forged requests (CSRF): a form carries one that only the server can make for this session.
///
/// A token is a random salt and the HMAC-SHA256 of salt and session, so that no two are alike and none can be compressed
/// out of an encrypted page. Before there is a session, the form of the sign-in page is bound to a cookie of its own.
struct FormToken: Sendable {
    private static let saltBytes = 16

    let key: [UInt8]

    func make(for binding: [UInt8], salt: [UInt8]) -> String {
        precondition(salt.count == Self.saltBytes, "the salt of a form token has \(Self.saltBytes) bytes")
        return Base64URL.encode(salt + Digest.sha256.hmac(salt + binding, key: key))
    }

    func isGood(_ token: String, for binding: [UInt8]) -> Bool {
        guard token.utf8.count <= 128, let bytes = Base64URL.decode(token), bytes.count == Self.saltBytes + 32 else {
            return false
        }
        let salt = Array(bytes.prefix(Self.saltBytes))
        return isEqualInConstantTime(
            Array(bytes.dropFirst(Self.saltBytes)), Digest.sha256.hmac(salt + binding, key: key))
    }

    func newSalt(_ random: (Int) -> [UInt8]) -> [UInt8] { random(Self.saltBytes) }
}

/// What the sign-in page needs against forged sign-ins.
public struct SignInForm: Sendable, Hashable {
    /// The value of a cookie, HttpOnly and SameSite=Strict, good for an hour.
    public let cookie: String
    /// The value of a hidden field of the form.
    public let field: String
}
