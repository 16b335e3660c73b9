/// A code on paper that stands in for the second factor once: 120 random bits, of which only the SHA-256 is kept (OWASP ASVS
/// 5, 6.5.2: a plain digest will do from 112 bits on).
struct RecoveryCode: Sendable {
    /// How many a person gets.
    static let count = 10
    private static let bytes = 15

    let secret: [UInt8]

    init(random: (Int) -> [UInt8]) { secret = random(Self.bytes) }

    /// Reads what a person typed; nil when it is no such code.
    init?(_ text: String) {
        guard text.utf8.count <= 64, let secret = Base32.decode(text), secret.count == Self.bytes else { return nil }
        self.secret = secret
    }

    /// The code in groups of four.
    var text: String { grouped(Base32.encode(secret), by: "-") }
    /// What is kept.
    var digest: [UInt8] { Digest.sha256.of(secret) }
}
