/// 256 random bits that open a session.
struct SessionToken: Sendable {
    private static let bytes = 32

    let secret: [UInt8]

    init(random: (Int) -> [UInt8]) { secret = random(Self.bytes) }

    /// Reads a cookie's value; nil when it can't be a token.
    init?(_ text: String) {
        guard text.utf8.count == 43, let secret = Base64URL.decode(text), secret.count == Self.bytes else { return nil }
        self.secret = secret
    }

    /// The cookie's value.
    var text: String { Base64URL.encode(secret) }
    /// What is kept.
    var digest: [UInt8] { Digest.sha256.of(secret) }
}
