import Accounts
import Foundation
import JWTKit

/// Algorithms of signatures that are taken (RFC 7518 §3.1); `none` and those with a shared secret are not among them.
enum SignatureAlgorithm: String, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case es256 = "ES256"
    case es384 = "ES384"

    /// What SMART asks of backend programs and confidential apps.
    static let ofClients: Set<SignatureAlgorithm> = [.rs384, .es384]

    /// What other providers may sign identities with.
    static let ofProviders = Set(allCases)

    /// The type and curve of the keys that it takes.
    var keyType: (type: String, curve: String?) {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384: ("RSA", nil)
        case .es256: ("EC", "P-256")
        case .es384: ("EC", "P-384")
        }
    }
}

/// Public keys as RFC 7517 writes them. Keys of other kinds are passed over.
struct PublicKeySet: Sendable {
    /// How many bytes a set may have.
    static let bytesMax = 64 << 10
    private static let keysMax = 50

    /// A public key.
    struct Key: Decodable, Sendable {
        let kty: String
        let kid: String?
        let alg: String?
        let use: String?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?
        /// What only a private key has.
        let d: String?

        /// The key for one algorithm; nil when it is of another kind, for another purpose or another algorithm, or too weak.
        func key(for algorithm: SignatureAlgorithm) -> JWK? {
            let type = algorithm.keyType
            guard kty == type.type, crv == type.curve, use ?? "sig" == "sig",
                alg ?? algorithm.rawValue == algorithm.rawValue
            else { return nil }
            let (name, id) = (JWK.Algorithm(rawValue: algorithm.rawValue), JWKIdentifier(string: kid ?? ""))
            switch type.curve {
            case nil:
                // 2048 to 8192 bits; an exponent of four bytes at most, so that a hostile key does not keep us busy.
                guard let n, let e, let size = Base64URL.decode(n)?.count, (256...1_024).contains(size),
                    let exponent = Base64URL.decode(e)?.count, exponent <= 4
                else { return nil }
                return .rsa(name, identifier: id, modulus: n, exponent: e)
            case "P-256": return .ecdsa(name, identifier: id, x: x, y: y, curve: .p256)
            default: return .ecdsa(name, identifier: id, x: x, y: y, curve: .p384)
            }
        }

        var isUsable: Bool { SignatureAlgorithm.allCases.contains { key(for: $0) != nil } }
    }

    let keys: [Key]
    /// Whether somebody has written a private key into the set.
    let holdsPrivateKey: Bool

    private struct Document: Decodable {
        struct Entry: Decodable {
            let key: Key?
            init(from decoder: any Decoder) throws { key = try? Key(from: decoder) }
        }
        let keys: [Entry]
    }

    /// Reads a set; nil when it is none or too long.
    init?(json: [UInt8]) {
        guard json.count <= Self.bytesMax,
            let document = try? JSONDecoder().decode(Document.self, from: Data(json)),
            document.keys.count <= Self.keysMax
        else { return nil }
        let all = document.keys.compactMap(\.key)
        keys = all.filter(\.isUsable)
        holdsPrivateKey = all.contains { $0.d != nil }
    }

    /// The keys that a token with this header may be signed with; one without a key id is tried with all that fit.
    func keys(_ kid: String?, _ algorithm: SignatureAlgorithm) -> [JWK] {
        keys.filter { kid == nil || $0.kid == kid }.compactMap { $0.key(for: algorithm) }
    }
}
