import Accounts
public import Foundation
import HTTPTypes
import Hummingbird
import SQL

extension SignIn {
    /// How long a person may stay with the provider, in seconds.
    private static let pendingSeconds = 600
    private static let answerBytesMax = 256 << 10

    private var browserCookie: String { options.isSecure ? "__Host-healthbrain_oidc" : "healthbrain_oidc" }

    func addProviders(to router: Router<BasicRequestContext>) {
        router.post("/auth/oidc/:provider/start") { [self] request, context in
            await showing(request, context) { try await start(provider(context), request) }
        }
        // A link begins nothing: it leads to the page whose form does.
        router.get("/auth/oidc/:provider/start") { [self] request, context in
            await showing(request, context) { toSignIn(try FormFields(request.uri.query ?? "")) }
        }
        router.get("/auth/oidc/:provider/callback") { [self] request, context in
            await showing(request, context) { try await comeBack(provider(context), request) }
        }
    }

    private func provider(_ context: BasicRequestContext) throws -> ProviderMemory {
        guard let provider = context.parameters.get("provider").flatMap({ providers[$0] }) else {
            throw OAuthError(.invalidRequest, "There is no such provider.")
        }
        return provider
    }

    private func callback(_ provider: ProviderMemory) -> String {
        "\(options.origin)/auth/oidc/\(provider.configuration.name)/callback"
    }

    private func toSignIn(_ fields: FormFields) -> Response {
        Answer.redirection(to: URLText.adding([("next", Self.ownPath(fields["next"]))], to: options.signInPath))
    }

    /// Begins a sign-in, when the form of our own sign-in page was sent by the browser that it was made for.
    private func start(_ provider: ProviderMemory, _ request: Request) async throws -> Response {
        let fields = try await FormFields.body(of: request)
        let form = SignInForm(
            returnedCookie: Cookies.value(options.formCookie, in: request) ?? "", field: fields["form"] ?? "")
        guard accounts.isGood(signInForm: form) else { return toSignIn(fields) }
        let metadata = try await provider.metadata()
        let configuration = provider.configuration
        let (state, browser) = (OpaqueToken(.state, random: random), OpaqueToken(.state, random: random))
        let (nonce, verifier) = (Base64URL.encode(random(32)), Base64URL.encode(random(32)))
        let pending = PendingSignIn(
            provider: configuration.name, browser: browser.digest, nonce: nonce, verifier: verifier,
            destination: Self.ownPath(fields["next"]))
        let time = now
        let expires = time + Int64(Self.pendingSeconds) * 1_000
        try await store.write { db in
            try Schema.sweep(db, at: time)
            try pending.insert(db, state, expires: expires)
        }
        let strong = configuration.secondFactor?.acr ?? []
        let scopes = Set(configuration.scopes ?? []).union(["openid"]).sorted().joined(separator: " ")
        let address = URLText.adding(
            [
                ("response_type", "code"), ("client_id", configuration.clientID),
                ("redirect_uri", callback(provider)), ("scope", scopes), ("state", state.text), ("nonce", nonce),
                ("code_challenge", Base64URL.encode(sha256(verifier))), ("code_challenge_method", "S256"),
                ("acr_values", strong.isEmpty ? nil : strong.joined(separator: " ")),
                ("max_age", configuration.maxAgeSeconds.map(String.init)),
            ], to: metadata.authorizationEndpoint)
        // A page rather than a redirection: forms of the sign-in page may lead nowhere but here (form-action).
        var answer = Answer.page(pages.onward(onward(address, request)))
        answer.headers[.setCookie] = Cookies.field(
            browserCookie, browser.text, isSecure: options.isSecure, seconds: Self.pendingSeconds)
        return answer
    }

    /// What leads on by itself, in the language that the reader has chosen, else in the account's or the browser's.
    func onward(_ address: String, _ request: Request, isChinese: Bool? = nil) -> OnwardView {
        OnwardView(
            address: address, isChinese: options.readsChinese(request) ?? isChinese ?? self.isChinese(request),
            cookies: request.headers[.cookie])
    }

    /// A path of this server; anything else, such as another server's address, is the first page.
    static func ownPath(_ text: String?) -> String {
        guard let text, text.utf8.count <= 8_192, text.hasPrefix("/"), !text.hasPrefix("//"),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return "/" }
        return text
    }

    private func comeBack(_ provider: ProviderMemory, _ request: Request) async throws -> Response {
        let name = provider.configuration.name
        do {
            let fields = try FormFields(request.uri.query ?? "")
            guard fields.repeated(among: ["state", "code", "iss", "error"]) == nil,
                let state = fields["state"].flatMap({ OpaqueToken($0, .state) }),
                let browser = Cookies.value(browserCookie, in: request).flatMap({ OpaqueToken($0, .state) })
            else { throw CompactJWT.Fault(reason: "The sign-in was not begun in this browser.") }
            let time = now
            let pending = try await store.write { db in try PendingSignIn.take(db, state, at: time) }
            guard let pending, pending.provider == name, isEqualInConstantTime(browser.digest, pending.browser) else {
                throw CompactJWT.Fault(reason: "The sign-in was not begun in this browser, or took too long.")
            }
            let metadata = try await provider.metadata()
            // RFC 9207: an answer of another provider than the one that was asked (mix-up).
            guard fields["iss"] == metadata.issuer || fields["iss"] == nil && metadata.tellsIssuer != true else {
                throw CompactJWT.Fault(reason: "The answer comes from another provider.")
            }
            guard let code = fields["code"], fields["error"] == nil else {
                throw CompactJWT.Fault(reason: "The provider refused: \(fields["error"] ?? "no code").")
            }
            let token = try await exchange(code, pending, provider, metadata)
            let jwt = try CompactJWT(token, algorithms: SignatureAlgorithm.ofProviders)
            guard await jwt.isSigned(by: try await remoteKeys.keys(at: metadata.keysAddress, for: jwt)) else {
                throw CompactJWT.Fault(reason: "The identity is not signed by the provider.")
            }
            let identity = try ProviderIdentity(jwt, provider.configuration, nonce: pending.nonce, at: now)
            return try await enter(
                try await account(of: identity, provider.configuration), identity, pending, request, name)
        } catch let fault as CompactJWT.Fault {
            try tell(.providerRefused, client: name, reason: fault.reason)
            throw OAuthError(.accessDenied, fault.reason)
        }
    }

    private struct TokenReply: Decodable {
        let identity: String

        enum CodingKeys: String, CodingKey { case identity = "id_token" }
    }

    private func exchange(
        _ code: String, _ pending: PendingSignIn, _ provider: ProviderMemory, _ metadata: ProviderMetadata
    ) async throws -> String {
        let configuration = provider.configuration
        let secret: String?
        do { secret = try configuration.secret() } catch { throw SignInFailure(message: error.description) }
        let takesBasic = metadata.tokenMethods?.contains("client_secret_basic") ?? true
        let basic = secret.flatMap { secret in
            takesBasic
                ? "Basic "
                    + Data("\(URLText.encoded(configuration.clientID)):\(URLText.encoded(secret))".utf8)
                    .base64EncodedString()
                : nil
        }
        let form = URLText.form([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback(provider)),
            ("code_verifier", pending.verifier), ("client_id", basic == nil ? configuration.clientID : nil),
            ("client_secret", basic == nil ? secret : nil),
        ])
        let answer = try await outbound.post(
            form, to: metadata.tokenEndpoint, authorization: basic, bytesMax: Self.answerBytesMax)
        guard answer.status == 200, let reply = try? JSONDecoder().decode(TokenReply.self, from: Data(answer.body))
        else {
            throw CompactJWT.Fault(reason: "The provider did not change the code for an identity.")
        }
        return reply.identity
    }

    // MARK: - Accounts

    /// The account that an identity is tied to. Nobody gets one by signing in: an operator has made it before.
    private func account(
        of identity: ProviderIdentity, _ configuration: ProviderConfiguration
    ) async throws -> UUID {
        let (provider, subject) = (configuration.name, identity.subject)
        let tied = try store.read { db in
            try db.first(
                "SELECT account FROM sign_in_link WHERE provider = ? AND subject = ?",
                [.text(provider), .text(subject)]
            ) { UUID(uuidString: $0.text(0)) } ?? nil
        }
        if let tied { return tied }
        guard let login = identity.login, let found = try? accounts.account(login: login) else {
            throw CompactJWT.Fault(reason: "Nobody here is tied to this identity. Ask an operator for an account.")
        }
        try await tie(provider: provider, subject: subject, to: found.id)
        return found.id
    }

    /// Ties an identity of another provider to an account. An account has one identity of a provider, and an identity one
    /// account; neither is changed by a later sign-in.
    ///
    /// - Throws: when either is tied already.
    public func tie(provider: String, subject: String, to account: UUID) async throws {
        do {
            try await identities.tie(provider: provider, subject: subject, to: account)
        } catch let fault as ClientFault {
            throw CompactJWT.Fault(reason: fault.rule)
        }
    }

    private func enter(
        _ account: UUID, _ identity: ProviderIdentity, _ pending: PendingSignIn, _ request: Request, _ name: String
    ) async throws -> Response {
        let new: NewSession
        do {
            new = try await accounts.signIn(
                providedFor: account, factorAt: identity.factorAt, request: options.accountRequest(request),
                previousToken: Cookies.value(options.sessionCookie, in: request))
        } catch .refused { throw CompactJWT.Fault(reason: "The account may not be used. Ask an operator.") }
        try tell(.providerSignedIn, client: name, account: account)
        let next =
            new.signedIn.session.stage == .full
            ? pending.destination : URLText.adding([("next", pending.destination)], to: options.signInPath)
        // A page rather than a redirection, so that the way on begins at this site.
        var answer = Answer.page(pages.onward(onward(next, request, isChinese: new.signedIn.account.isChinese)))
        answer.headers.append(
            HTTPField(
                name: .setCookie, value: Cookies.field(options.sessionCookie, new.token, isSecure: options.isSecure)))
        answer.headers.append(
            HTTPField(name: .setCookie, value: Cookies.field(browserCookie, "", isSecure: options.isSecure, seconds: 0))
        )
        return answer
    }
}
