import Access
import Accounts
import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import SignIn
import Testing

@Suite("Codes and refresh tokens")
struct TokenTests {
    @Test("changes a code for tokens that tell patient, scopes and person", arguments: TestDatabase.available)
    func wholeWay(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (account, session) = try await place.person("person-p")
            let scope = "launch/patient openid fhirUser offline_access patient/*.read patient/Observation.c"
            let tokens = try await client.tokens(app, session: session, scope: scope)
            #expect(tokens["token_type"] as? String == "Bearer" && tokens["expires_in"] as? Int == 900)
            #expect(tokens["patient"] as? String == "p1" && tokens["need_patient_banner"] as? Bool == true)
            // The form of version 1 comes back as it was asked for, where nothing was taken from it.
            let granted = Set((tokens["scope"] as? String ?? "").split(separator: " "))
            #expect(
                granted.isSuperset(of: ["launch/patient", "openid", "fhirUser", "offline_access", "patient/*.read"]))
            #expect(granted.contains("patient/Observation.c"))
            let access = try #require(tokens["access_token"] as? String)
            let holder = try #require(try await place.signIn.tokens.holder(of: access))
            #expect(holder.account?.id == account.id && holder.client.id == app.client.id)
            #expect(holder.scopes.patient == "p1" && holder.assignment == resident)
            let identity = try claims(try #require(tokens["id_token"] as? String))
            #expect(identity["iss"] as? String == origin && identity["aud"] as? String == app.client.id)
            #expect(identity["nonce"] as? String == "n-1")
            #expect(identity["fhirUser"] as? String == origin + "/fhir/Patient/p1")
            #expect(identity["exp"] as? Int == Int(place.now / 1_000) + 900)
        }
    }

    private func claims(_ token: String) throws -> [String: Any] {
        let parts = token.split(separator: ".")
        var body = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        while body.count % 4 != 0 { body += "=" }
        let data = try #require(Data(base64Encoded: String(body)))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    /// What a thief of a code may try, and what a client may get wrong.
    static let wrongs: [[String: String?]] = [
        ["code_verifier": nil], ["code_verifier": "short"],
        ["code_verifier": base64URL([UInt8](repeating: 7, count: 32))],
        ["redirect_uri": nil], ["redirect_uri": "https://app.example/other"], ["client_id": "other"],
    ]

    @Test("uses a code up when it is brought wrongly", arguments: 0..<wrongs.count)
    func wrongCode(row: Int) async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let other = try await place.app().client
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            var wrong = Self.wrongs[row]
            if wrong["client_id"] == "other" { wrong["client_id"] = other.id }
            let refused = try await client.post("/auth/token", app.exchange(code, wrong))
            #expect(refused.status == .badRequest && json(refused)["error"] as? String == "invalid_grant")
            #expect(refused.headers[.cacheControl] == "no-store")
            let late = try await client.post("/auth/token", app.exchange(code))
            #expect(json(late)["error"] as? String == "invalid_grant")
        }
    }

    @Test("ends everything when a code comes twice", arguments: TestDatabase.available)
    func codeReplay(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            let tokens = json(try await client.post("/auth/token", app.exchange(code)))
            let access = try #require(tokens["access_token"] as? String)
            #expect(try await place.signIn.tokens.holder(of: access) != nil)
            place.advance(seconds: 600)
            #expect(
                json(try await client.post("/auth/token", app.exchange(code)))["error"] as? String == "invalid_grant")
            #expect(try await place.signIn.tokens.holder(of: access) == nil)
            #expect(place.told(.replayed).count == 1)
        }
    }

    @Test("takes a code within a minute only")
    func codeExpiry() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            place.advance(seconds: 60)
            #expect(
                json(try await client.post("/auth/token", app.exchange(code)))["error"] as? String == "invalid_grant")
        }
    }

    @Test("gives one of many who bring the same code at once a token, and ends it", arguments: TestDatabase.available)
    func codeRace(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            let winners = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        json(try await client.post("/auth/token", app.exchange(code)))["access_token"] as? String
                    }
                }
                return try await group.reduce(into: [String]()) { if let token = $1 { $0.append(token) } }
            }
            #expect(winners.count <= 1)
            for token in winners { #expect(try await place.signIn.tokens.holder(of: token) == nil) }
        }
    }

    @Test("checks PKCE: of random verifiers only the right one is taken", arguments: 0..<50 as Range<UInt64>)
    func pkce(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        func verifier(_ count: Int) -> String {
            String((0..<count).map { _ in letters[Int.random(in: 0..<66, using: &random)] })
        }
        let right = verifier(Int.random(in: 43...128, using: &random))
        let given: String
        let isRight: Bool
        switch seed % 5 {
        case 0, 1: (given, isRight) = (right, true)
        case 2: (given, isRight) = (verifier(right.count), false)
        case 3: (given, isRight) = (base64URL(SHA256.hash(data: Data(right.utf8))), false)
        default:
            var changed = Array(right)
            let place = Int.random(in: 0..<changed.count, using: &random)
            changed[place] = changed[place] == "a" ? "b" : "a"
            (given, isRight) = (String(changed), false)
        }
        try await withSignIn { place, client in
            var app = AppSide(client: try await place.app().client)
            app.verifier = right
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            let response = try await client.post("/auth/token", app.exchange(code, ["code_verifier": given]))
            #expect((response.status == .ok) == isRight, "seed \(seed)")
        }
    }

    @Test(
        "changes a refresh token at each use, and ends the grant when one comes twice",
        arguments: TestDatabase.available)
    func rotation(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            let first = try #require(tokens["refresh_token"] as? String)
            let second = json(try await client.refresh(app, first))
            let next = try #require(second["refresh_token"] as? String)
            #expect(next != first && second["patient"] as? String == "p1")
            let access = try #require(second["access_token"] as? String)
            #expect(try await place.signIn.tokens.holder(of: access) != nil)
            #expect(json(try await client.refresh(app, first))["error"] as? String == "invalid_grant")
            #expect(try await place.signIn.tokens.holder(of: access) == nil)
            #expect(json(try await client.refresh(app, next))["error"] as? String == "invalid_grant")
            #expect(place.told(.replayed).count == 1)
        }
    }

    @Test("keeps one chain of refresh tokens alive under any order of uses", arguments: 0..<20 as Range<UInt64>)
    func reuse(seed: UInt64) async throws {
        try await withSignIn { place, client in
            var random = SeededGenerator(seed: seed)
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            var given = [try #require(tokens["refresh_token"] as? String)]
            var isAlive = true
            for _ in 0..<8 {
                let chosen =
                    Bool.random(using: &random) ? given.count - 1 : Int.random(in: 0..<given.count, using: &random)
                let response = try await client.refresh(app, given[chosen])
                let works = isAlive && chosen == given.count - 1
                #expect((response.status == .ok) == works, "seed \(seed)")
                if works {
                    given.append(try #require(json(response)["refresh_token"] as? String))
                } else {
                    isAlive = false
                }
            }
        }
    }

    @Test("gives fewer scopes for a refresh token, never more")
    func narrowing() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/Observation.rs offline_access")
            let refresh = try #require(tokens["refresh_token"] as? String)
            let fewer = json(try await client.refresh(app, refresh, [("scope", "patient/*.r user/*.rs")]))
            #expect(fewer["scope"] as? String == "patient/Observation.r")
            let again = try #require(fewer["refresh_token"] as? String)
            #expect(
                json(try await client.refresh(app, again, [("scope", "user/*.rs")]))["error"] as? String
                    == "invalid_scope")
            let whole = json(try await client.refresh(app, again))
            #expect((whole["scope"] as? String)?.contains("patient/Observation.rs") == true)
        }
    }

    @Test("binds tokens to their client")
    func otherClient() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let made = try await place.app(.confidential)
            let other = AppSide(client: made.client, secret: made.secret)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            let (access, refresh) = (tokens["access_token"] as? String ?? "", tokens["refresh_token"] as? String ?? "")
            #expect(json(try await client.refresh(other, refresh))["error"] as? String == "invalid_grant")
            let revoked = try await client.post("/auth/revoke", [("token", access)], authorization: other.authorization)
            #expect(revoked.status == .ok)
            let looked = try await client.post(
                "/auth/introspect", [("token", access)], authorization: other.authorization)
            #expect(json(looked)["active"] as? Bool == false && json(looked).count == 1)
            #expect(try await place.signIn.tokens.holder(of: access) != nil)
            #expect(try await client.refresh(app, refresh).status == .ok)
        }
    }

    @Test("tells a confidential client about its own tokens, and ends them")
    func introspection() async throws {
        try await withSignIn { place, client in
            let made = try await place.app(.confidential)
            let app = AppSide(client: made.client, secret: made.secret)
            let (account, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs online_access")
            let access = try #require(tokens["access_token"] as? String)
            func look(_ token: String) async throws -> [String: Any] {
                json(try await client.post("/auth/introspect", [("token", token)], authorization: app.authorization))
            }
            let known = try await look(access)
            #expect(known["active"] as? Bool == true && known["sub"] as? String == account.id.uuidString.lowercased())
            #expect(known["patient"] as? String == "p1" && known["client_id"] as? String == app.client.id)
            #expect(try await look(tokens["refresh_token"] as? String ?? "")["active"] as? Bool == true)
            for strange in ["", "x", access + "x", "hba_" + base64URL([UInt8](repeating: 0, count: 32))] {
                #expect(try await look(strange)["active"] as? Bool == false)
            }
            let anonymous = try await client.post(
                "/auth/introspect", [("token", access), ("client_id", app.client.id)])
            #expect(anonymous.status == .unauthorized)
            let ended = try await client.post(
                "/auth/revoke", [("token", tokens["refresh_token"] as? String ?? "")], authorization: app.authorization)
            #expect(ended.status == .ok)
            #expect(try await look(access)["active"] as? Bool == false)
            #expect(try await place.signIn.tokens.holder(of: access) == nil)
        }
    }

    @Test("refuses clients that don't show who they are", arguments: 0..<6)
    func clientAuthentication(row: Int) async throws {
        try await withSignIn { place, client in
            let made = try await place.app(.confidential)
            let secret = try #require(made.secret)
            let app = AppSide(client: made.client, secret: secret)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            let answer = try await client.decide(page, session: session, patient: "p1")
            let code = try #require(query(answer.headers[.location])["code"])
            func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
            let tries: [(fields: [String: String?], header: String?, error: String)] = [
                (["client_id": made.client.id], nil, "invalid_client"),
                ([:], basic("\(made.client.id):wrong"), "invalid_client"),
                ([:], basic("unknown:\(secret)"), "invalid_client"),
                ([:], "Basic !!!", "invalid_client"),
                (["client_id": made.client.id, "client_secret": secret], nil, "invalid_request"),
                (["client_id": "other"], basic("\(made.client.id):\(secret)"), "invalid_request"),
            ]
            let (fields, header, error) = tries[row]
            let refused = try await client.post("/auth/token", app.exchange(code, fields), authorization: header)
            #expect(json(refused)["error"] as? String == error)
            if error == "invalid_client" { #expect(refused.status == .unauthorized) }
            #expect((refused.headers[.wwwAuthenticate] != nil) == (header != nil && error == "invalid_client"))
            #expect(
                try await client.post("/auth/token", app.exchange(code), authorization: app.authorization).status == .ok
            )
        }
    }

    @Test("refuses what is no form, too long, doubled or of another kind")
    func malformed() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            func error(_ fields: [(String, String)]) async throws -> String? {
                json(try await client.post("/auth/token", fields + [("client_id", app.client.id)]))["error"] as? String
            }
            #expect(try await error([]) == "invalid_request")
            #expect(try await error([("grant_type", "password")]) == "unsupported_grant_type")
            #expect(
                try await error([("grant_type", "client_credentials"), ("scope", "system/*.rs")]) == "invalid_client")
            #expect(
                try await error([("grant_type", "refresh_token"), ("grant_type", "refresh_token")]) == "invalid_request"
            )
            #expect(try await error([("grant_type", String(repeating: "x", count: 40_000))]) == "invalid_request")
            let noForm = try await client.execute(uri: "/auth/token", method: .post, body: .init(string: "{}"))
            #expect(noForm.status == .badRequest)
            let preflight = try await client.execute(uri: "/auth/token", method: .options)
            #expect(preflight.status == .noContent && preflight.headers[.accessControlAllowOrigin] == "*")
        }
    }
}
