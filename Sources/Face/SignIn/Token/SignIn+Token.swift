import Access
import Accounts
import Foundation
import HTTPTypes
import Hummingbird
import SQL

extension SignIn {
    func addTokens(to router: Router<BasicRequestContext>) {
        let endpoints: [(RouterPath, @Sendable (Request, FormFields) async throws -> Response)] = [
            ("/auth/token", { [self] in try await token($0, $1) }),
            ("/auth/revoke", { [self] in try await revoke($0, $1) }),
            ("/auth/introspect", { [self] in try await introspect($0, $1) }),
        ]
        for (path, answer) in endpoints {
            router.on(path, method: .options) { _, _ in Answer.preflight() }
            router.post(path) { [self] request, context in
                await answering(context, usedBasic: request.headers[.authorization] != nil) {
                    do {
                        return try await answer(request, try await FormFields.body(of: request))
                    } catch let error as OAuthError {
                        try tell(.refused, reason: error.description)
                        throw error
                    }
                }
            }
        }
    }

    private static let names = [
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret",
        "client_assertion", "client_assertion_type", "token", "token_type_hint",
    ]

    private func checked(_ fields: FormFields) throws(OAuthError) {
        if let name = fields.repeated(among: Self.names) {
            throw OAuthError(.invalidRequest, "\(name) was given more than once.")
        }
    }

    private func token(_ request: Request, _ fields: FormFields) async throws -> Response {
        try checked(fields)
        switch fields["grant_type"] {
        case "authorization_code": return try await byCode(try await client(request, fields, takesPublic: true), fields)
        case "refresh_token": return try await byRefresh(try await client(request, fields, takesPublic: true), fields)
        case "client_credentials":
            let client = try await client(request, fields, takesPublic: false)
            if let seconds = options.admission(client.id) {
                throw OAuthError(.temporarilyUnavailable, "Too many tokens were asked for. Come again in \(seconds) s.")
            }
            return try await byCredentials(client, fields)
        case nil: throw OAuthError(.invalidRequest, "grant_type is needed.")
        default:
            throw OAuthError(
                .unsupportedGrantType, "grant_type is authorization_code, refresh_token or client_credentials.")
        }
    }

    private static let badCode = OAuthError(
        .invalidGrant,
        "The code is not good: it was used, has expired, or belongs to another client, address or verifier.")
    private static let badRefresh = OAuthError(
        .invalidGrant, "The refresh token is not good: it was used, has expired or was ended. Ask the person again.")

    // MARK: - authorization_code

    private func byCode(_ client: Client, _ fields: FormFields) async throws -> Response {
        guard let text = fields["code"] else { throw OAuthError(.invalidRequest, "code is needed.") }
        guard let code = OpaqueToken(text, .code) else { throw Self.badCode }
        let (stored, grant): (StoredCode, Grant)
        switch try await store.write({ db in try StoredCode.take(db, code) }) {
        case .code(let found, let its): (stored, grant) = (found, its)
        case .unknown: throw Self.badCode
        case .replayed(let grant):
            tokens.forget()
            try tell(.replayed, client: client.id, account: grant?.account, reason: "A code came a second time.")
            throw Self.badCode
        }
        // Whoever brings a code wrongly may have stolen it: it is used up either way.
        let verifier = fields["code_verifier"] ?? ""
        guard grant.client == client.id, stored.expires > now,
            (fields["redirect_uri"] ?? "").utf8.elementsEqual(stored.redirectURI.utf8),
            Self.isVerifier(verifier),
            isEqualInConstantTime(Base64URL.encode(sha256(verifier)).utf8, stored.challenge.utf8),
            let standing = try grant.holder(clients, accounts, at: now), let account = standing.account
        else {
            try await store.write { db in try Grant.end(db, grant.id) }
            throw Self.badCode
        }
        let session = try accounts.standing(of: account.id, session: grant.session)?.session
        var whole = grant
        whole.expires = session?.expires ?? (now + Int64(options.grantSeconds) * 1_000)
        var answer = try await issue(whole, scopes: grant.scopes, refused: Self.badCode)
        if grant.hasScope("openid") {
            answer.idToken = try await identity(
                grant, client, account, standing.assignment, stored.nonce, hasFactor: session?.secondFactorAt != nil)
        }
        try tell(.tokenIssued, client: client.id, account: account.id, patient: grant.patient)
        return try Answer.json(answer)
    }

    /// RFC 7636 §4.1.
    static func isVerifier(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._~".utf8.contains(byte)
                }
            }
    }

    /// Gives out an access token, and a refresh token where that was granted, unless the grant has ended meanwhile.
    ///
    /// - Parameter spent: the refresh token that is changed for these.
    private func issue(
        _ grant: Grant, scopes: String, spent: OpaqueToken? = nil, refused: OAuthError
    ) async throws -> TokenAnswer {
        let time = now
        let access = OpaqueToken(.access, random: random)
        let isLasting = grant.hasScope("offline_access") || grant.hasScope("online_access")
        let refresh = isLasting ? OpaqueToken(.refresh, random: random) : nil
        let expires = min(grant.expires, time + Int64(options.accessSeconds) * 1_000)
        let refreshExpires = min(grant.expires, time + Int64(options.refreshSeconds) * 1_000)
        let isDone = try await store.write { db -> Bool in
            try Schema.sweep(db, at: time)
            guard try Grant.find(db, grant.id) != nil else { return false }
            if let spent, try !StoredToken.use(db, spent) {
                try Grant.end(db, grant.id)
                return false
            }
            try db.execute(
                "UPDATE sign_in_grant SET expires = ? WHERE id = ?", .integer(grant.expires), .text(grant.id))
            try StoredToken.insert(
                db, access, .access, grant: grant.id, scopes: scopes, created: time, expires: expires)
            if let refresh {
                try StoredToken.insert(
                    db, refresh, .refresh, grant: grant.id, scopes: grant.scopes, created: time,
                    expires: refreshExpires)
            }
            return true
        }
        guard isDone else {
            tokens.forget()
            throw refused
        }
        return TokenAnswer(
            accessToken: access.text, expiresIn: Int((expires - time) / 1_000), scope: scopes,
            refreshToken: refresh?.text, patient: grant.patient, encounter: grant.encounter, intent: grant.intent,
            needsBanner: grant.patient == nil ? nil : true)
    }

    private func identity(
        _ grant: Grant, _ client: Client, _ account: Account, _ assignment: RoleAssignment?, _ nonce: String?,
        hasFactor: Bool
    ) async throws -> String {
        let seconds = Int(now / 1_000)
        let tellsWho = grant.hasScope("fhirUser") || grant.hasScope("profile")
        return try await keys.sign(
            IdentityClaims(
                iss: options.origin, sub: account.id.uuidString.lowercased(), aud: client.id, iat: seconds,
                exp: seconds + options.accessSeconds, authTime: Int(grant.began / 1_000), nonce: nonce,
                amr: hasFactor ? ["otp", "mfa"] : nil,
                fhirUser: tellsWho ? assignment?.person.map { "\(options.fhirBase)/\($0)" } : nil))
    }

    // MARK: - refresh_token

    private func byRefresh(_ client: Client, _ fields: FormFields) async throws -> Response {
        guard let text = fields["refresh_token"] else { throw OAuthError(.invalidRequest, "refresh_token is needed.") }
        guard let token = OpaqueToken(text, .refresh) else { throw Self.badRefresh }
        let found = try store.read { db -> (StoredToken, Grant)? in
            guard let stored = try StoredToken.find(db, token), stored.kind == .refresh,
                let grant = try Grant.find(db, stored.grant)
            else { return nil }
            return (stored, grant)
        }
        guard let (stored, grant) = found, grant.client == client.id else { throw Self.badRefresh }
        if stored.isUsed {
            // RFC 9700 §4.14.2: it can't be told who is the thief, so that neither goes on.
            try await store.write { db in try Grant.end(db, grant.id) }
            tokens.forget()
            try tell(
                .replayed, client: client.id, account: grant.account, reason: "A refresh token came a second time.")
            throw Self.badRefresh
        }
        guard stored.expires > now, try grant.holder(clients, accounts, at: now) != nil else { throw Self.badRefresh }
        var scopes = grant.scopes
        if let fewer = fields["scope"] {
            scopes = try ScopeOffer(fewer, allowed: grant.scopes, contexts: [.patient, .user], labels).lines
                .joined(separator: " ")
        }
        let answer = try await issue(grant, scopes: scopes, spent: token, refused: Self.badRefresh)
        try tell(.tokenIssued, client: client.id, account: grant.account, patient: grant.patient)
        return try Answer.json(answer)
    }

    // MARK: - client_credentials

    /// SMART Backend Services.
    private func byCredentials(_ client: Client, _ fields: FormFields) async throws -> Response {
        guard client.kind == .backend else {
            throw OAuthError(.unauthorizedClient, "Only backend programs act by themselves.")
        }
        guard let scope = fields["scope"] else { throw OAuthError(.invalidScope, "scope is needed.") }
        let scopes = try ScopeOffer(scope, allowed: client.scopes, contexts: [.system], labels).lines
            .joined(separator: " ")
        let time = now
        var grant = Grant(
            client: client.id, scopes: scopes, began: time, created: time,
            expires: time + Int64(options.backendSeconds) * 1_000)
        grant.id = UUID().uuidString
        let (made, access) = (grant, OpaqueToken(.access, random: random))
        try await store.write { db in
            try Schema.sweep(db, at: time)
            try made.insert(db)
            try StoredToken.insert(
                db, access, .access, grant: made.id, scopes: scopes, created: time, expires: made.expires)
        }
        try tell(.tokenIssued, client: client.id)
        return try Answer.json(
            TokenAnswer(accessToken: access.text, expiresIn: options.backendSeconds, scope: scopes))
    }

    // MARK: - Revocation and introspection

    /// RFC 7009: ends the grant of an access or refresh token, if it is the client's own; the answer does not tell.
    private func revoke(_ request: Request, _ fields: FormFields) async throws -> Response {
        try checked(fields)
        let client = try await client(request, fields, takesPublic: true)
        if let token = Self.token(fields) {
            let ended = try await store.write { db -> Grant? in
                guard let stored = try StoredToken.find(db, token), let grant = try Grant.find(db, stored.grant),
                    grant.client == client.id
                else { return nil }
                try Grant.end(db, grant.id)
                return grant
            }
            if let ended {
                tokens.forget()
                try tell(.revoked, client: client.id, account: ended.account, patient: ended.patient)
            }
        }
        return try Answer.json([String: String]())
    }

    private static func token(_ fields: FormFields) -> OpaqueToken? {
        fields["token"].flatMap { OpaqueToken($0, .access) ?? OpaqueToken($0, .refresh) }
    }

    private static let inactive: [String: PlainJSON] = ["active": .flag(false)]

    /// RFC 7662, for clients that can keep a secret, about their own tokens.
    private func introspect(_ request: Request, _ fields: FormFields) async throws -> Response {
        try checked(fields)
        let client = try await client(request, fields, takesPublic: false)
        guard let token = Self.token(fields) else { return try Answer.json(Self.inactive) }
        let found = try store.read { db -> (StoredToken, Grant)? in
            guard let stored = try StoredToken.find(db, token), let grant = try Grant.find(db, stored.grant) else {
                return nil
            }
            return (stored, grant)
        }
        guard let (stored, grant) = found, grant.client == client.id, !stored.isUsed, stored.expires > now,
            let standing = try grant.holder(clients, accounts, at: now)
        else { return try Answer.json(Self.inactive) }
        var fields: [String: PlainJSON] = [
            "active": .flag(true), "scope": .text(stored.scopes), "client_id": .text(client.id),
            "exp": .number(Int(stored.expires / 1_000)), "iat": .number(Int(stored.created / 1_000)),
            "iss": .text(options.origin), "aud": .text(options.fhirBase),
            "sub": .text(standing.account.map { $0.id.uuidString.lowercased() } ?? client.id),
        ]
        if stored.kind == .access { fields["token_type"] = .text("Bearer") }
        if let patient = grant.patient { fields["patient"] = .text(patient) }
        if let person = standing.assignment?.person { fields["fhirUser"] = .text("\(options.fhirBase)/\(person)") }
        return try Answer.json(fields)
    }
}
