import Accounts
import Crypto

/// 256 random bits that open something. Only their SHA-256 is kept. The first letters tell what it is, so that one that
/// was left lying about is recognised.
struct OpaqueToken: Sendable {
    enum Kind: String {
        case access = "hba_"
        case refresh = "hbr_"
        case code = "hbc_"
        case launch = "hbl_"
        case state = "hbs_"
        case secret = "hbk_"
    }

    private static let bytes = 32

    let text: String

    init(_ kind: Kind, random: (Int) -> [UInt8]) {
        text = kind.rawValue + Base64URL.encode(random(Self.bytes))
    }

    /// Reads one; nil for what can't be one of this kind.
    init?(_ text: String, _ kind: Kind) {
        guard text.utf8.count == kind.rawValue.utf8.count + 43, text.hasPrefix(kind.rawValue),
            Base64URL.decode(String(text.dropFirst(kind.rawValue.count)))?.count == Self.bytes
        else { return nil }
        self.text = text
    }

    var digest: [UInt8] { sha256(text) }
}

/// SHA-256 of a text.
func sha256(_ text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

/// Compares without telling by its time where the first difference is; the lengths are no secret.
func isEqualInConstantTime(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
