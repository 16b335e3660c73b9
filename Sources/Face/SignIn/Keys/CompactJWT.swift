import Accounts
import Foundation
import JWTKit

/// A signed token in the compact form of RFC 7519, read strictly (RFC 8725): an algorithm from our own list, a key of the
/// kind that the algorithm takes, no extension that we don't know.
struct CompactJWT {
    /// How many bytes a token may have.
    static let bytesMax = 16 << 10

    /// What is wrong with a token: ASCII, for the one who sent it.
    struct Fault: Error {
        let reason: String
    }

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let jku: String?
        let typ: String?
        let crit: [String]?
        let b64: Bool?
    }

    let algorithm: SignatureAlgorithm
    let kid: String?
    let jku: String?
    private let signed: [UInt8]
    private let payload: Data
    private let signature: [UInt8]

    /// - Parameters:
    ///   - text: the token.
    ///   - algorithms: those that may have signed it.
    init(_ text: String, algorithms: Set<SignatureAlgorithm>) throws(Fault) {
        guard text.utf8.count <= Self.bytesMax else { throw Fault(reason: "The token is too long.") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.decode(String(parts[0])),
            let body = Base64URL.decode(String(parts[1])), let signature = Base64URL.decode(String(parts[2])),
            !signature.isEmpty, let header = try? JSONDecoder().decode(Header.self, from: Data(head))
        else { throw Fault(reason: "The token is no signed JWT in compact form.") }
        guard let algorithm = SignatureAlgorithm(rawValue: header.alg), algorithms.contains(algorithm) else {
            throw Fault(
                reason: "The token must be signed by \(algorithms.map(\.rawValue).sorted().joined(separator: ", ")).")
        }
        guard header.crit == nil, header.b64 == nil else {
            throw Fault(reason: "The token asks for an extension that is not known.")
        }
        guard ["JWT", nil].contains(header.typ?.uppercased()) else {
            throw Fault(reason: "The token is no JWT by its typ.")
        }
        self.algorithm = algorithm
        kid = header.kid
        jku = header.jku
        signed = Array("\(parts[0]).\(parts[1])".utf8)
        payload = Data(body)
        self.signature = signature
    }

    /// Whether one of these keys has signed it.
    func isSigned(by keys: PublicKeySet) async -> Bool {
        for key in keys.keys(kid, algorithm) {
            let holder = JWTKeyCollection()
            guard (try? await holder.add(jwk: key)) != nil,
                let checker = try? await holder.getKey(for: key.keyIdentifier, alg: algorithm.rawValue)
            else { continue }
            if (try? checker.verify(signature, signs: signed)) == true { return true }
        }
        return false
    }

    /// What the token says. Look at the signature first.
    func claims<Claims: Decodable>(as type: Claims.Type) throws(Fault) -> Claims {
        guard let claims = try? JSONDecoder().decode(type, from: payload) else {
            throw Fault(reason: "The token lacks claims, or they are of another kind than RFC 7519 says.")
        }
        return claims
    }
}

/// `aud`: one text or several.
struct Audience: Decodable, Hashable {
    let all: [String]

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let one = try? value.decode(String.self) { all = [one] } else { all = try value.decode([String].self) }
    }
}
