import Accounts
import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Synchronization
import Testing

@Suite("Other providers of identities: OpenID Connect Core 1.0")
struct ProviderTests {
    static let issuer = "https://id.example"
    static let configuration = ProviderConfiguration(
        name: "city", title: "城市统一身份", issuer: issuer, clientID: "healthbrain", loginClaim: "preferred_username")

    /// The provider's side: what it answers to a code.
    final class Provider: Sendable {
        let key = TestKey.newRSA()
        let kid = Mutex("a")

        func publish(_ place: SignInPlace, tellsIssuer: Bool = false, issuer: String = ProviderTests.issuer) {
            let metadata: [String: Any] = [
                "issuer": issuer, "authorization_endpoint": ProviderTests.issuer + "/authorize",
                "token_endpoint": ProviderTests.issuer + "/token", "jwks_uri": ProviderTests.issuer + "/keys",
                "authorization_response_iss_parameter_supported": tellsIssuer,
            ]
            let document = (try? JSONSerialization.data(withJSONObject: metadata)) ?? Data()
            let keys = jwks([key.jwk(kid.withLock { $0 })])
            place.outbound.documents.withLock {
                $0[ProviderTests.issuer + "/.well-known/openid-configuration"] = Array(document)
                $0[ProviderTests.issuer + "/keys"] = Array(keys.utf8)
            }
        }

        /// Answers the next code with an identity.
        func answer(
            _ place: SignInPlace, nonce: String, header: [String: any Sendable] = [:],
            claims changes: [String: any Sendable] = [:],
            key other: TestKey? = nil
        ) {
            let seconds = Int(place.now / 1_000)
            let claims: [String: Any] = [
                "iss": ProviderTests.issuer, "sub": "s-1", "aud": "healthbrain", "exp": seconds + 300, "iat": seconds,
                "nonce": nonce, "preferred_username": "doc",
            ]
            let head: [String: Any] = ["alg": "RS256", "kid": kid.withLock { $0 }]
            let token = (other ?? key).sign(changed(head, header), changed(claims, changes))
            let body = Array((try? JSONSerialization.data(withJSONObject: ["id_token": token])) ?? Data())
            place.outbound.forms.withLock { $0 = { _, _ in OutboundAnswer(status: 200, body: body) } }
        }
    }

    struct Begun {
        let state: String
        let nonce: String
        let challenge: String
        let cookie: String
        /// What the provider's authorization endpoint is asked.
        let asked: [String: String]
    }

    /// Sends the form of the sign-in page, whose cookie the browser holds.
    static func start(
        _ place: SignInPlace, _ client: any TestClientProtocol, provider: String = "city", next: String = "/residents"
    ) async throws -> TestResponse {
        let page = place.accounts.signInForm()
        return try await client.post(
            "/auth/oidc/\(provider)/start", [("form", page.field), ("next", next)],
            cookies: "healthbrain_form=\(page.cookie)")
    }

    static func begin(
        _ place: SignInPlace, _ client: any TestClientProtocol, next: String = "/residents"
    ) async throws -> Begun {
        let start = try await start(place, client, next: next)
        #expect(start.status == .ok)
        let page = text(start)
        let address = try #require(page.firstMatch(of: /url=([^"]+)"/)).output.1.replacing("&amp;", with: "&")
        let asked = query(String(address))
        #expect(asked["client_id"] == "healthbrain" && asked["code_challenge_method"] == "S256")
        #expect(asked["redirect_uri"] == origin + "/auth/oidc/city/callback")
        let cookie = start.headers[.setCookie] ?? ""
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
        return Begun(
            state: asked["state"] ?? "", nonce: asked["nonce"] ?? "", challenge: asked["code_challenge"] ?? "",
            cookie: String(cookie.prefix { $0 != ";" }), asked: asked)
    }

    static func comeBack(
        _ client: any TestClientProtocol, _ begun: Begun, _ extra: [(String, String)] = [], cookies: String? = nil
    ) async throws -> TestResponse {
        try await client.get(
            "/auth/oidc/city/callback?" + form([("code", "c"), ("state", begun.state)] + extra),
            cookies: cookies ?? begun.cookie)
    }

    static func session(_ response: TestResponse) -> String? {
        response.headers[values: .setCookie].first { $0.hasPrefix("healthbrain_session=") }
            .map { String($0.dropFirst("healthbrain_session=".count).prefix { $0 != ";" }) }
    }

    @Test("signs in a person who has an account, and sends the verifier of PKCE", arguments: TestDatabase.available)
    func works(kind: TestDatabase) async throws {
        try await withSignIn(kind, providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            let (account, _) = try await place.person("doc", [clinician])
            let begun = try await Self.begin(place, client)
            provider.answer(place, nonce: begun.nonce)
            let sent = Mutex("")
            let answer = place.outbound.forms.withLock { $0 }
            place.outbound.forms.withLock {
                $0 = { form, header in
                    sent.withLock { $0 = form }
                    return answer?(form, header) ?? OutboundAnswer(status: 500, body: [])
                }
            }
            let back = try await Self.comeBack(client, begun)
            let session = try #require(Self.session(back))
            #expect(text(back).contains("url=/residents"))
            #expect(try await place.accounts.session(token: session)?.account.id == account.id)
            let fields = query("x:?" + sent.withLock { $0 })
            #expect(base64URL(SHA256.hash(data: Data((fields["code_verifier"] ?? "").utf8))) == begun.challenge)
            // The state is good once.
            #expect(Self.session(try await Self.comeBack(client, begun)) == nil)
        }
    }

    @Test("ties sub to the account at the first sign-in; afterwards the login claim counts no more")
    func tie() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            let (doc, _) = try await place.person("doc", [clinician])
            let (boss, _) = try await place.person("boss", [clinician])
            func signIn(_ claims: [String: any Sendable]) async throws -> UUID? {
                let begun = try await Self.begin(place, client)
                provider.answer(place, nonce: begun.nonce, claims: claims)
                guard let token = Self.session(try await Self.comeBack(client, begun)) else { return nil }
                return try await place.accounts.session(token: token)?.account.id
            }
            #expect(try await signIn(["sub": "s-1"]) == doc.id)
            // Whoever can change their name with the provider does not become somebody else here.
            #expect(try await signIn(["sub": "s-1", "preferred_username": "boss"]) == doc.id)
            // A name that was given to another person there does not open the first one's account.
            #expect(try await signIn(["sub": "s-2", "preferred_username": "doc"]) == nil)
            try await place.signIn.tie(provider: "city", subject: "s-3", to: boss.id)
            #expect(try await signIn(["sub": "s-3", "preferred_username": NSNull()]) == boss.id)
        }
    }

    /// A provider's word on how somebody signed in there, and whether it opens the account without the own factor.
    static let strengths: [(claims: [String: any Sendable], isFull: Bool)] = [
        ([:], false), (["acr": "loa-1"], false), (["acr": "loa-3"], true), (["amr": ["pwd"]], false),
        (["amr": ["pwd", "otp"]], true), (["amr": "hwk"], true), (["amr": [String]()], false),
        (["acr": "loa-1", "amr": ["otp"]], true), (["acr": "LOA-3"], false),
    ]

    @Test("counts a provider's second factor by the values that are configured", arguments: 0..<strengths.count)
    func strength(row: Int) async throws {
        var configuration = Self.configuration
        configuration.secondFactor = .init(acr: ["loa-3", "loa-4"], amr: ["otp", "hwk"])
        let (claims, isFull) = Self.strengths[row]
        for isTrusted in [true, false] {
            if !isTrusted { configuration.secondFactor = nil }
            try await withSignIn(providers: [configuration]) { [configuration] place, client in
                let provider = Provider()
                provider.publish(place)
                let (_, token) = try await place.person("doc", [clinician])
                let enrolment = try await place.accounts.beginEnrolment(token: token)
                let totp = TOTP(secret: base32(enrolment.secret))
                _ = try await place.accounts.confirmEnrolment(
                    totp.code(step: totp.step(at: place.now)), token: token,
                    request: AccountRequest(address: "192.0.2.7"))
                let begun = try await Self.begin(place, client)
                #expect(begun.asked["acr_values"] == (configuration.secondFactor == nil ? nil : "loa-3 loa-4"))
                provider.answer(place, nonce: begun.nonce, claims: claims)
                let session = try #require(Self.session(try await Self.comeBack(client, begun)))
                let isIn = try await place.accounts.session(token: session) != nil
                #expect(isIn == (isFull && configuration.secondFactor != nil))
            }
        }
    }

    @Test("asks for a new sign-in there where the last one may not be old, and checks when it was")
    func age() async throws {
        var configuration = Self.configuration
        configuration.maxAgeSeconds = 300
        try await withSignIn(providers: [configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            _ = try await place.person("doc", [clinician])
            let now = Int(place.now / 1_000)
            let times: [(any Sendable, Bool)] = [(now - 299, true), (now - 400, false), (NSNull(), false)]
            for (time, isIn) in times {
                let begun = try await Self.begin(place, client)
                #expect(begun.asked["max_age"] == "300")
                provider.answer(place, nonce: begun.nonce, claims: ["auth_time": time])
                #expect((Self.session(try await Self.comeBack(client, begun)) != nil) == isIn)
            }
        }
    }

    @Test("is tied and untied by operators, with an event of each", arguments: TestDatabase.available)
    func identities(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, _ in
            let (doc, _) = try await place.person("doc", [clinician])
            let (boss, _) = try await place.person("boss", [clinician])
            let identities = place.signIn.identities
            try await identities.tie(provider: "city", subject: "s-1", to: doc.id)
            await #expect(throws: ClientFault.self) {
                try await identities.tie(provider: "city", subject: "s-1", to: boss.id)
            }
            await #expect(throws: ClientFault.self) {
                try await identities.tie(provider: "city", subject: "s-2", to: doc.id)
            }
            #expect(try identities.identities(of: doc.id).map(\.subject) == ["s-1"])
            try await identities.untie(provider: "city", from: doc.id)
            await #expect(throws: ClientFault.self) { try await identities.untie(provider: "city", from: doc.id) }
            try await identities.tie(provider: "city", subject: "s-1", to: boss.id)
            #expect(place.told(.identityTied).map(\.account) == [doc.id, boss.id])
            #expect(place.told(.identityUntied).map(\.client) == ["city"])
        }
    }

    @Test("makes no account for anybody, and opens none that may not be used")
    func noAccount() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            let begun = try await Self.begin(place, client)
            provider.answer(place, nonce: begun.nonce)
            #expect(Self.session(try await Self.comeBack(client, begun)) == nil)
            #expect(try place.accounts.accounts().isEmpty)
            let (account, _) = try await place.person("doc", [clinician])
            try await place.accounts.setState(.locked, of: account.id)
            let again = try await Self.begin(place, client)
            provider.answer(place, nonce: again.nonce)
            #expect(Self.session(try await Self.comeBack(client, again)) == nil)
            #expect(place.told(.providerRefused).count == 2)
        }
    }

    /// What is changed in header and claims of a good identity.
    static let attacks: [(name: String, header: [String: any Sendable], claims: [String: any Sendable])] = [
        ("alg none", ["alg": "none"], [:]), ("alg HS256", ["alg": "HS256"], [:]), ("other alg", ["alg": "PS256"], [:]),
        ("unknown kid", ["kid": "z"], [:]), ("critical extension", ["crit": ["x"]], [:]),
        ("other nonce", [:], ["nonce": "n"]), ("no nonce", [:], ["nonce": NSNull()]),
        ("other issuer", [:], ["iss": "https://evil.example"]), ("other audience", [:], ["aud": "other"]),
        ("several audiences without azp", [:], ["aud": ["healthbrain", "other"]]),
        ("azp of another", [:], ["aud": ["healthbrain", "other"], "azp": "other"]),
        ("expired", [:], ["exp": 1_767_225_500]), ("too old", [:], ["iat": 1_767_225_600 - 700]),
        ("from the future", [:], ["iat": 1_767_225_600 + 100]), ("empty sub", [:], ["sub": ""]),
        ("no sub", [:], ["sub": NSNull()]), ("too long", [:], ["filling": String(repeating: "x", count: 20_000)]),
    ]

    @Test("refuses a bad identity", arguments: 0..<attacks.count)
    func attack(row: Int) async throws {
        let (name, header, claims) = Self.attacks[row]
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            _ = try await place.person("doc", [clinician])
            let begun = try await Self.begin(place, client)
            provider.answer(place, nonce: begun.nonce, header: header, claims: claims)
            let back = try await Self.comeBack(client, begun)
            #expect(back.status == .badRequest && Self.session(back) == nil, "\(name)")
            #expect(place.told(.providerRefused).count == 1, "\(name)")
        }
    }

    @Test("refuses an identity that another key has signed")
    func otherKey() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            _ = try await place.person("doc", [clinician])
            let begun = try await Self.begin(place, client)
            provider.answer(place, nonce: begun.nonce, key: .newRSA())
            #expect(Self.session(try await Self.comeBack(client, begun)) == nil)
        }
    }

    @Test("refuses an answer that was not begun in this browser, and one of another provider (mix-up)")
    func mixUp() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place, tellsIssuer: true)
            _ = try await place.person("doc", [clinician])
            func attempt(_ extra: [(String, String)], cookies: String? = nil) async throws -> Bool {
                let begun = try await Self.begin(place, client)
                provider.answer(place, nonce: begun.nonce)
                return Self.session(try await Self.comeBack(client, begun, extra, cookies: cookies)) != nil
            }
            #expect(try await attempt([("iss", Self.issuer)]))
            #expect(try await !attempt([]))
            #expect(try await !attempt([("iss", "https://evil.example")]))
            #expect(try await !attempt([("iss", Self.issuer)], cookies: "a=b"))
            let victim = try await Self.begin(place, client)
            #expect(try await !attempt([("iss", Self.issuer)], cookies: victim.cookie))
            #expect(try await !attempt([("iss", Self.issuer), ("error", "access_denied")]))
        }
    }

    @Test("refuses a provider that calls itself by another issuer, or is not there")
    func discovery() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let silent = try await Self.start(place, client)
            #expect(silent.status == .serviceUnavailable)
            Provider().publish(place, issuer: "https://evil.example")
            let other = try await Self.start(place, client)
            #expect(other.status == .serviceUnavailable)
            let unknown = try await Self.start(place, client, provider: "nobody")
            #expect(unknown.status == .badRequest)
        }
    }

    @Test("is begun by the form of our own sign-in page alone: no link and no page elsewhere begins it")
    func begun() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            Provider().publish(place)
            let form = place.accounts.signInForm()
            let (cookie, other) = ("healthbrain_form=\(form.cookie)", place.accounts.signInForm().field)
            let link = try await client.get(
                "/auth/oidc/city/start?next=%2Fresidents&form=\(form.field)", cookies: cookie)
            var tried = [link]
            for (field, cookies) in [(form.field, ""), ("", cookie), (other, cookie)] {
                tried.append(
                    try await client.post(
                        "/auth/oidc/city/start", [("form", field), ("next", "/residents")], cookies: cookies))
            }
            for answer in tried {
                #expect(answer.status == .seeOther)
                #expect(answer.headers[.location] == "/sign-in?next=%2Fresidents")
                #expect(answer.headers[.setCookie] == nil)
            }
            #expect(place.outbound.asked.withLock { $0 }.isEmpty)
            place.advance(seconds: 3_601)
            let late = try await client.post("/auth/oidc/city/start", [("form", form.field)], cookies: cookie)
            #expect(late.status == .seeOther)
        }
    }

    @Test("finds the provider's new key")
    func rotation() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            _ = try await place.person("doc", [clinician])
            func works(_ provider: Provider) async throws -> Bool {
                let begun = try await Self.begin(place, client)
                provider.answer(place, nonce: begun.nonce)
                return Self.session(try await Self.comeBack(client, begun)) != nil
            }
            let old = Provider()
            old.publish(place)
            #expect(try await works(old))
            let new = Provider()
            new.kid.withLock { $0 = "b" }
            new.publish(place)
            place.advance(seconds: 11)
            #expect(try await works(new))
            #expect(try await !works(old))
        }
    }

    @Test(
        "leads on within this server only",
        arguments: [
            "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "", "/a b",
            "/x\u{0}y", "/" + String(repeating: "a", count: 9_000),
        ])
    func openRedirect(next: String) async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            _ = try await place.person("doc", [clinician])
            let begun = try await Self.begin(place, client, next: next)
            provider.answer(place, nonce: begun.nonce)
            let back = try await Self.comeBack(client, begun)
            #expect(text(back).contains("url=/\"") && !text(back).contains("evil"))
        }
    }

    @Test("asks for the own second factor where one is enrolled")
    func secondFactor() async throws {
        try await withSignIn(providers: [Self.configuration]) { place, client in
            let provider = Provider()
            provider.publish(place)
            let (account, _) = try await place.person("doc", [clinician])
            _ = try await place.accounts.resetPassword(of: account.id)
            let begun = try await Self.begin(place, client)
            provider.answer(place, nonce: begun.nonce)
            let back = try await Self.comeBack(client, begun)
            let token = try #require(Self.session(back))
            // A sign-in that stands before its last step opens nothing, and goes on at the page for that.
            #expect(try await place.accounts.session(token: token) == nil)
            #expect(text(back).contains("url=/sign-in?next=%2Fresidents"))
        }
    }
}
