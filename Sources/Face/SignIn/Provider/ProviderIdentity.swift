import Foundation

/// Who somebody is by the word of another provider: the claims of its id_token, checked (OpenID Connect Core §3.1.3.7).
struct ProviderIdentity: Sendable {
    /// How far clocks may differ, in seconds.
    private static let leewaySeconds = 60.0
    /// How old a token may be, in seconds.
    private static let ageSeconds = 600.0

    /// The provider's own name for the person.
    let subject: String
    /// The value of the claim that names a login here.
    let login: String?
    /// When the person gave a second factor there, in milliseconds since 1970 UTC; nil when the provider does not say so, or
    /// is not trusted with it.
    let factorAt: Int64?

    private struct Claims: Decodable {
        let iss: String
        let sub: String
        let aud: Audience
        let azp: String?
        let exp: Double
        let iat: Double
        let nbf: Double?
        let nonce: String?
        let acr: String?
        let amr: Methods?
        let authTime: Double?

        enum CodingKeys: String, CodingKey {
            case iss, sub, aud, azp, exp, iat, nbf, nonce, acr, amr
            case authTime = "auth_time"
        }
    }

    /// `amr` is a list; some providers write a text.
    private struct Methods: Decodable {
        let all: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let list = try? container.decode([String].self) {
                all = list
            } else {
                all = [try container.decode(String.self)]
            }
        }
    }

    /// One claim whose name is not known beforehand.
    private struct Named: Decodable {
        struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
        let texts: [String: String]
        let flags: [String: Bool]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            texts = Dictionary(
                uniqueKeysWithValues: Set(container.allKeys.map(\.stringValue)).compactMap { name in
                    (try? container.decode(String.self, forKey: Key(stringValue: name))).map { (name, $0) }
                })
            flags = Dictionary(
                uniqueKeysWithValues: Set(container.allKeys.map(\.stringValue)).compactMap { name in
                    (try? container.decode(Bool.self, forKey: Key(stringValue: name))).map { (name, $0) }
                })
        }
    }

    /// Reads a token whose signature was found good.
    init(
        _ token: CompactJWT, _ configuration: ProviderConfiguration, nonce: String, at now: Int64
    ) throws(CompactJWT.Fault) {
        let claims = try token.claims(as: Claims.self)
        let time = Double(now) / 1_000
        guard claims.iss == configuration.issuer else { throw .init(reason: "iss is another issuer.") }
        guard claims.aud.all.contains(configuration.clientID) else { throw .init(reason: "aud is not us.") }
        guard claims.aud.all.count == 1 || claims.azp != nil,
            claims.azp ?? configuration.clientID == configuration.clientID
        else { throw .init(reason: "azp is not us.") }
        guard claims.exp > time - Self.leewaySeconds else { throw .init(reason: "The identity has expired.") }
        guard max(claims.iat, claims.nbf ?? 0) <= time + Self.leewaySeconds else {
            throw .init(reason: "The identity is not good yet.")
        }
        guard claims.iat >= time - Self.ageSeconds else { throw .init(reason: "The identity is too old.") }
        guard let told = claims.nonce, isEqualInConstantTime(told.utf8, nonce.utf8) else {
            throw .init(reason: "nonce is not ours.")
        }
        guard (1...255).contains(claims.sub.utf8.count) else { throw .init(reason: "sub has 1 to 255 bytes.") }
        subject = claims.sub
        if let maxAge = configuration.maxAgeSeconds {
            guard let signedIn = claims.authTime else {
                throw .init(reason: "The provider does not tell when the person signed in (auth_time).")
            }
            guard signedIn >= time - Double(maxAge) - Self.leewaySeconds else {
                throw .init(reason: "The sign-in at the provider is too old.")
            }
        }
        let accepted = configuration.secondFactor
        let isStrong =
            claims.acr.map { accepted?.acr?.contains($0) == true } == true
            || claims.amr?.all.contains { accepted?.amr?.contains($0) == true } == true
        // Without auth_time it is not known when: the sign-in then stands in the place of a factor, but of none just given.
        factorAt = isStrong ? Int64(min(max(0, claims.authTime ?? claims.iat - Self.ageSeconds), time) * 1_000) : nil
        guard let name = configuration.loginClaim else {
            login = nil
            return
        }
        let named = try token.claims(as: Named.self)
        // An address that the provider has not checked may be anybody's.
        login = name == "email" && named.flags["email_verified"] != true ? nil : named.texts[name]
    }
}
