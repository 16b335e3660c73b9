import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1

/// The bearer tokens of an agent.
actor AgentTokens {
    private let way: AgentConfiguration.TokenWay?
    private let address: String
    private let key: AgentKey?
    private var kept: (token: String, until: ContinuousClock.Instant)?
    /// How far the server's clock is ahead of this one, in seconds.
    private var skewSeconds = 0.0

    init(_ way: AgentConfiguration.TokenWay?, server: String) throws(AgentMisuse) {
        self.way = way
        address = "\(server)/auth/token"
        switch way {
        case .backend(_, let file, _): key = try AgentKey(file: file)
        case .file(let file):
            key = nil
            _ = try SecretFile.read(file)
        case nil: key = nil
        }
    }

    /// A token that is good now; nil for a server that asks for none.
    func token(_ http: HTTPClient) async throws -> String? {
        guard let way else { return nil }
        if let kept, ContinuousClock.now < kept.until { return kept.token }
        switch way {
        case .file(let file):
            // Somebody may have put a new one there; it is looked at again after a while.
            do {
                let token = try SecretFile.read(file).trimmingCharacters(in: .whitespacesAndNewlines)
                kept = (token, .now + .seconds(60))
                return token
            } catch {
                throw AgentTrouble(description: error.description)
            }
        case .backend(let client, _, let scope): return try await asked(http, client, scope)
        }
    }

    /// The server doesn't take the token any more.
    func forget() { kept = nil }

    private struct Answer: Decodable {
        let token: String
        let seconds: Double

        enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case seconds = "expires_in"
        }
    }

    /// SMART Backend Services: an assertion signed by the agent's key, for a token.
    /// Source: <https://hl7.org/fhir/smart-app-launch/backend-services.html>.
    private func asked(_ http: HTTPClient, _ client: String, _ scope: String) async throws -> String {
        guard let key else { return "" }
        let assertion = try key.assertion(
            client: client, audience: address, at: Date().timeIntervalSince1970 + skewSeconds)
        let fields = [
            ("grant_type", "client_credentials"), ("scope", scope),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ]
        let form = fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
        var request = HTTPClientRequest(url: address)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.headers.add(name: "accept", value: "application/json")
        request.body = .bytes(ByteBuffer(string: form))
        let response = try await http.execute(request, timeout: .seconds(30))
        if let date = response.headers.first(name: "date").flatMap(HTTPDate.read) {
            let ahead = date.timeIntervalSinceNow
            skewSeconds = abs(ahead) > 5 ? ahead : 0
        }
        let body = try await response.body.collect(upTo: 64 << 10)
        guard response.status == .ok,
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
        else {
            throw AgentTrouble(
                description: "\(address) gives no token: \(response.status.code) \(String(buffer: body).prefix(500))")
        }
        kept = (answer.token, .now + .seconds(min(max(answer.seconds * 0.8 - 5, 1), 86_400)))
        return answer.token
    }
}

/// The key by which an agent signs that it is itself: ECDSA on P-384 (ES384).
public struct AgentKey: Sendable {
    private let key: P384.Signing.PrivateKey

    /// A new key.
    public init() { key = P384.Signing.PrivateKey() }

    /// Reads a key in PEM that nobody else can read.
    public init(file: String) throws(AgentMisuse) {
        let text = try SecretFile.read(file)
        guard let key = try? P384.Signing.PrivateKey(pemRepresentation: text) else {
            throw AgentMisuse("\(file) holds no private key on P-384 in PEM; \"healthbrain agent key\" makes one.")
        }
        self.key = key
    }

    /// The private key in PEM.
    public var pem: String { key.pemRepresentation }

    private static func base64(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    private var coordinates: (x: String, y: String) {
        let raw = key.publicKey.rawRepresentation
        return (Self.base64(raw.prefix(48)), Self.base64(raw.suffix(48)))
    }

    /// The thumbprint of the public key (RFC 7638).
    private var kid: String {
        let (x, y) = coordinates
        return Self.base64(
            SHA256.hash(data: Data("{\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"\(x)\",\"y\":\"\(y)\"}".utf8)))
    }

    /// The public key as a JWK set, to be registered at the platform.
    public var publicKeys: String {
        let (x, y) = coordinates
        return """
            {"keys":[{"kty":"EC","crv":"P-384","alg":"ES384","use":"sig","kid":"\(kid)","x":"\(x)","y":"\(y)"}]}
            """
    }

    /// A signed assertion that ends in two minutes.
    /// - Parameter time: the time now, in seconds since 1970.
    func assertion(client: String, audience: String, at time: Double) throws -> String {
        let header = ["alg": "ES384", "typ": "JWT", "kid": kid]
        let claims: [String: Any] = [
            "iss": client, "sub": client, "aud": audience, "exp": Int(time) + 120, "iat": Int(time),
            "jti": UUID().uuidString,
        ]
        let parts = [header as [String: Any], claims].map { object in
            Self.base64((try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)) ?? Data())
        }
        let signed = parts.joined(separator: ".")
        return signed + "." + Self.base64(try key.signature(for: Data(signed.utf8)).rawRepresentation)
    }
}

/// A file that its owner alone may read.
enum SecretFile {
    static func read(_ file: String) throws(AgentMisuse) -> String {
        let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular, let mode = attributes[.posixPermissions] as? Int,
            let bytes = FileManager.default.contents(atPath: path)
        else { throw AgentMisuse("\(file) can't be read.") }
        guard mode & 0o077 == 0 else { throw AgentMisuse("Others may read \(file): give it the mode 0600.") }
        guard !bytes.isEmpty else { throw AgentMisuse("\(file) is empty.") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
