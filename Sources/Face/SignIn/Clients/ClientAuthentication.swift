import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import SQL

extension SignIn {
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    /// How far clocks may differ, in seconds.
    private static let leewaySeconds = 30.0
    /// How far an assertion's end may lie ahead, in seconds. SMART: five minutes.
    private static let assertionSeconds = 300.0

    /// The client that a request comes from, shown to be itself.
    ///
    /// - Parameter takesPublic: whether a name alone will do for clients that can keep no secret.
    /// - Throws: ``OAuthError/Code/invalidClient`` with one text for unknown names, clients out of use and wrong secrets.
    func client(_ request: Request, _ fields: FormFields, takesPublic: Bool) async throws -> Client {
        let basic = request.headers[.authorization]
        guard fields["client_secret"] == nil else {
            throw OAuthError(.invalidRequest, "A secret is given by HTTP Basic authentication, not in the form.")
        }
        guard basic == nil || fields["client_assertion"] == nil else {
            throw OAuthError(.invalidRequest, "The client authenticates in one way, not in two.")
        }
        let client: Client
        if let basic {
            client = try bySecret(basic)
        } else if let assertion = fields["client_assertion"] {
            guard fields["client_assertion_type"] == Self.assertionType else {
                throw OAuthError(.invalidRequest, "client_assertion_type must be \(Self.assertionType).")
            }
            client = try await bySignature(assertion)
        } else {
            guard takesPublic, let id = fields["client_id"], let found = try clients.client(id), found.isEnabled,
                found.credential == .none
            else { throw Self.refused }
            client = found
        }
        guard fields["client_id"] ?? client.id == client.id else {
            throw OAuthError(.invalidRequest, "client_id is another client's than the one that authenticates.")
        }
        return client
    }

    private static let refused = OAuthError(
        .invalidClient, "The client is not known, or its authentication is wrong or missing.")

    private func bySecret(_ header: String) throws -> Client {
        let parts = header.split(separator: " ", maxSplits: 1)
        guard header.utf8.count <= 1_024, parts.count == 2, parts[0].lowercased() == "basic",
            let bytes = Data(base64Encoded: String(parts[1])), let text = String(validating: bytes, as: UTF8.self)
        else { throw Self.refused }
        let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        // RFC 6749 §2.3.1: both are encoded as in a form.
        guard sides.count == 2, let id = URLText.decoded(sides[0]), let secret = URLText.decoded(sides[1]),
            let client = try clients.client(id), client.isEnabled, let digest = client.secretDigest,
            isEqualInConstantTime(sha256(secret), digest)
        else { throw Self.refused }
        return client
    }

    // MARK: - private_key_jwt

    private struct Assertion: Decodable {
        let iss: String
        let sub: String
        let aud: Audience
        let exp: Double
        let jti: String
        let iat: Double?
        let nbf: Double?
    }

    private func bySignature(_ text: String) async throws -> Client {
        do {
            let token = try CompactJWT(text, algorithms: SignatureAlgorithm.ofClients)
            let claims = try token.claims(as: Assertion.self)
            guard claims.iss == claims.sub, let client = try clients.client(claims.iss), client.isEnabled else {
                throw Self.refused
            }
            guard token.kid != nil else { throw CompactJWT.Fault(reason: "The header of the assertion needs a kid.") }
            let keys = try await keys(of: client, for: token)
            guard await token.isSigned(by: keys) else { throw Self.refused }
            try check(claims)
            let digest = sha256(client.id + "\n" + claims.jti)
            let expires = Int64((claims.exp + Self.leewaySeconds) * 1_000)
            let isNew = try await store.write { db in
                try db.first(
                    "INSERT INTO sign_in_assertion (digest, expires) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
                    [.blob(digest), .integer(expires)]
                ) { $0.int(0) } != nil
            }
            guard isNew else {
                try tell(.replayed, client: client.id, reason: "The assertion was used before.")
                throw CompactJWT.Fault(reason: "The assertion was used before: each needs a jti of its own.")
            }
            return client
        } catch let fault as CompactJWT.Fault {
            throw OAuthError(.invalidClient, fault.reason)
        }
    }

    private func keys(of client: Client, for token: CompactJWT) async throws -> PublicKeySet {
        switch client.credential {
        case .none, .secret: throw Self.refused
        case .keys(let text):
            guard token.jku == nil, let set = PublicKeySet(json: Array(text.utf8)) else { throw Self.refused }
            return set
        case .keysAt(let address):
            guard token.jku == nil || token.jku == address else { throw Self.refused }
            do { return try await remoteKeys.keys(at: address, for: token) } catch is SignInFailure {
                throw OAuthError(
                    .invalidClient, "The keys of the client can't be fetched from the address that is registered.")
            }
        }
    }

    private func check(_ claims: Assertion) throws(CompactJWT.Fault) {
        let time = Double(now) / 1_000
        guard !Set(claims.aud.all).isDisjoint(with: [options.origin + "/auth/token", options.origin]) else {
            throw CompactJWT.Fault(reason: "aud of the assertion must be \(options.origin)/auth/token.")
        }
        guard claims.exp > time - Self.leewaySeconds else {
            throw CompactJWT.Fault(reason: "The assertion has expired.")
        }
        guard claims.exp <= time + Self.assertionSeconds + Self.leewaySeconds else {
            throw CompactJWT.Fault(reason: "The assertion must end within \(Int(Self.assertionSeconds)) seconds.")
        }
        guard max(claims.iat ?? 0, claims.nbf ?? 0) <= time + Self.leewaySeconds else {
            throw CompactJWT.Fault(reason: "The assertion is not good yet.")
        }
        guard (1...256).contains(claims.jti.utf8.count) else {
            throw CompactJWT.Fault(reason: "jti of the assertion has 1 to 256 bytes.")
        }
    }
}
