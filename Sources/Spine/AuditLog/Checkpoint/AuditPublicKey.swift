import CCrypto
import Foundation

/// The key that checkpoints are checked with: Ed25519 (RFC 8032), named, in the text form of
/// <https://c2sp.org/signed-note>: `name+hash+key`.
public struct AuditPublicKey: Sendable, Hashable, CustomStringConvertible {
    /// The name of the log that the key signs for.
    public let name: String
    /// The 32 bytes of the key.
    public let bytes: [UInt8]

    /// The kind of an Ed25519 key in a signed note.
    static let kind: UInt8 = 1

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads the text form.
    /// - Throws: ``AuditError/key(_:)``.
    public init(_ text: String) throws(AuditError) {
        let parts = text.trimmingCharacters(in: .whitespacesAndNewlines)
            .split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isName(parts[0]), let key = Data(base64Encoded: String(parts[2])),
            key.count == 33, key.first == Self.kind
        else { throw .key("A public key is written name+hash+key, with an Ed25519 key in base64.") }
        self.init(name: String(parts[0]), bytes: [UInt8](key.dropFirst()))
        guard hash.map({ hexadecimal($0) }).joined() == parts[1] else {
            throw .key("The public key of \(name) does not fit its own hash; copy it again.")
        }
    }

    /// The text form.
    public var description: String {
        "\(name)+\(hash.map { hexadecimal($0) }.joined())+\(Data([Self.kind] + bytes).base64EncodedString())"
    }

    /// Four bytes that tell keys of one name apart.
    var hash: [UInt8] {
        Array(MerkleHasher().digest(Array(name.utf8) + [0x0A, Self.kind] + bytes).bytes.prefix(4))
    }

    /// Whether a name may stand in a note.
    static func isName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && !name.contains { $0.isWhitespace || $0 == "+" }
    }

    func verifies(_ signature: SignedNote.Signature, of text: String) -> Bool {
        guard signature.name == name, signature.bytes.count == 68, Array(signature.bytes.prefix(4)) == hash,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { return false }
        defer { EVP_PKEY_free(key) }
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
        let (body, message) = (Array(signature.bytes.dropFirst(4)), Array(text.utf8))
        return EVP_DigestVerify(context, body, body.count, message, message.count) == 1
    }
}

func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
}
