import Crypto
import CryptoExtras
import Foundation

/// A key that signs tokens, apart from the library under test.
enum TestKey: Sendable {
    case ec384(P384.Signing.PrivateKey)
    case rsa(_RSA.Signing.PrivateKey)

    static func newEC() -> TestKey { .ec384(P384.Signing.PrivateKey()) }
    static func newRSA() -> TestKey {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else { preconditionFailure("no RSA key") }
        return .rsa(key)
    }

    /// The public key as a JWK.
    func jwk(_ kid: String) -> [String: Any] {
        switch self {
        case .ec384(let key):
            let point = Array(key.publicKey.x963Representation)
            return [
                "kty": "EC", "crv": "P-384", "kid": kid, "x": base64URL(point[1..<49]), "y": base64URL(point[49...]),
                "use": "sig",
            ]
        case .rsa(let key):
            guard let numbers = try? key.publicKey.getKeyPrimitives() else { return [:] }
            return [
                "kty": "RSA", "kid": kid, "n": base64URL(numbers.modulus), "e": base64URL(numbers.publicExponent),
                "use": "sig",
            ]
        }
    }

    /// A compact token; RSA keys sign by the algorithm that the header names.
    func sign(_ header: [String: Any], _ claims: [String: Any]) -> String {
        let head = (try? JSONSerialization.data(withJSONObject: header)) ?? Data()
        let body = (try? JSONSerialization.data(withJSONObject: claims)) ?? Data()
        let text = base64URL(head) + "." + base64URL(body)
        var signature = Data()
        switch self {
        case .ec384(let key): signature = (try? key.signature(for: Data(text.utf8)).rawRepresentation) ?? Data()
        case .rsa(let key):
            let padding: _RSA.Signing.Padding = .insecurePKCS1v1_5
            switch header["alg"] as? String {
            case "RS384":
                signature =
                    (try? key.signature(for: SHA384.hash(data: Data(text.utf8)), padding: padding).rawRepresentation)
                    ?? Data()
            default:
                signature =
                    (try? key.signature(for: SHA256.hash(data: Data(text.utf8)), padding: padding).rawRepresentation)
                    ?? Data()
            }
        }
        return text + "." + base64URL(signature)
    }
}

func jwks(_ keys: [[String: Any]]) -> String {
    String(decoding: (try? JSONSerialization.data(withJSONObject: ["keys": keys])) ?? Data(), as: UTF8.self)
}

/// Values with others in their place; NSNull takes one away.
func changed(_ values: [String: Any], _ changes: [String: any Sendable]) -> [String: Any] {
    var all = values
    for (name, value) in changes {
        if value is NSNull { all.removeValue(forKey: name) } else { all[name] = value }
    }
    return all
}
