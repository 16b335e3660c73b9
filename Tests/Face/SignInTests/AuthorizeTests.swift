import Access
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Testing

@Suite("The authorization endpoint")
struct AuthorizeTests {
    /// What is changed of a good request, and the error that the client gets.
    static let refusals: [(change: [String: String?], error: String)] = [
        (["response_type": "token"], "unsupported_response_type"),
        (["response_type": nil], "unsupported_response_type"),
        (["response_mode": "fragment"], "invalid_request"), (["state": nil], "invalid_request"),
        (["state": String(repeating: "s", count: 3_000)], "invalid_request"),
        (["code_challenge": nil], "invalid_request"), (["code_challenge": "short"], "invalid_request"),
        (["code_challenge_method": "plain"], "invalid_request"), (["code_challenge_method": nil], "invalid_request"),
        (["aud": nil], "invalid_request"), (["aud": "https://evil.example/fhir"], "invalid_request"),
        (["aud": origin + "/fhir/../other"], "invalid_request"), (["scope": nil], "invalid_scope"),
        (["scope": "patient/Cat.rs"], "invalid_scope"), (["scope": "system/*.rs"], "invalid_scope"),
        (["scope": "launch/patient"], "invalid_scope"), (["scope": "patient/Condition.cud"], "invalid_scope"),
        (["request": "e30.e30."], "request_not_supported"),
        (["request_uri": "https://e.example"], "request_uri_not_supported"),
        (["prompt": "none"], "interaction_required"), (["prompt": "none login"], "invalid_request"),
        (["max_age": "-1"], "invalid_request"), (["launch": "hbl_none"], "invalid_scope"),
        (["scope": "launch patient/*.rs"], "invalid_request"),
        (["scope": "launch patient/*.rs", "launch": "hbl_none"], "invalid_request"),
        (["nonce": String(repeating: "n", count: 600)], "invalid_request"),
    ]

    @Test("tells the client what is wrong, at its own address", arguments: 0..<refusals.count)
    func refuses(row: Int) async throws {
        let (change, error) = Self.refusals[row]
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let response = try await client.authorize(app.parameters(change), session: session)
            let address = response.headers[.location] ?? ""
            #expect(response.status == .seeOther && address.hasPrefix("https://app.example/done?"), "\(change)")
            #expect(query(address)["error"] == error, "\(change): \(address)")
            #expect(query(address)["iss"] == origin)
            if change["state"] == nil { #expect(query(address)["state"] == app.state) }
            #expect(query(address)["code"] == nil)
        }
    }

    @Test(
        "sends nothing to an address that is not registered letter by letter",
        arguments: [
            "https://app.example/done/", "https://app.example/Done", "https://app.example/done?x=1",
            "http://app.example/done",
            "https://app.example.evil.example/done", "https://app.example/done#x", "https://app.example/do%6Ee",
            "https://user@app.example/done", "https://app.example:443/done", "//app.example/done",
            "javascript:alert(1)",
            " https://app.example/done", "https://app.example/done\u{301}", "",
        ])
    func openRedirect(address: String) async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let response = try await client.authorize(app.parameters(["redirect_uri": address]), session: session)
            #expect(response.status == .badRequest && response.headers[.location] == nil)
            #expect(!text(response).contains("evil"))
        }
    }

    @Test("knows nobody by an unknown, doubled or disabled name, and no backend program")
    func unknownClient() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            var twice = app.parameters()
            twice.append(("client_id", app.client.id))
            #expect(try await client.authorize(twice, session: session).status == .badRequest)
            #expect(
                try await client.authorize(app.parameters(["client_id": "x"]), session: session).status == .badRequest)
            try await place.signIn.clients.setEnabled(false, app.client.id)
            #expect(try await client.authorize(app.parameters(), session: session).status == .badRequest)
        }
    }

    @Test("refuses a parameter that is given twice")
    func repeated() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let response = try await client.authorize(app.parameters() + [("scope", "user/*.rs")], session: session)
            #expect(query(response.headers[.location])["error"] == "invalid_request")
        }
    }

    @Test("sends whoever is not signed in to sign in, and back")
    func signInFirst() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let response = try await client.authorize(app.parameters(), session: nil)
            let address = response.headers[.location] ?? ""
            #expect(address.hasPrefix("/sign-in?next="))
            #expect(query(address)["next"] == "/auth/authorize?" + form(app.parameters()))
            let silent = try await client.authorize(app.parameters(["prompt": "none"]), session: nil)
            #expect(query(silent.headers[.location])["error"] == "login_required")
        }
    }

    @Test("asks for a new sign-in when the last is too old", arguments: [["max_age": "60"], ["prompt": "login"]])
    func age(change: [String: String?]) async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            #expect(try await client.authorize(app.parameters(change), session: session).status == .ok)
            place.advance(seconds: 180)
            let late = try await client.authorize(app.parameters(change), session: session)
            #expect(late.headers[.location]?.hasPrefix("/sign-in?next=") == true)
        }
    }

    @Test("shows what is asked in the person's language, escaped, with a strict policy", arguments: ["zh-CN", "en"])
    func page(locale: String) async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p", locale: locale)
            let page = try await client.authorize(app.parameters(), session: session)
            let html = text(page)
            #expect(page.status == .ok)
            #expect(html.contains("血压日记 &lt;Diary&gt;") && !html.contains("<Diary>"))
            #expect(
                html.contains(locale == "en" ? "read and search all records of the chosen patient" : "读取、查找所选居民的全部记录"))
            let policy = page.headers.first { $0.name.rawName == "Content-Security-Policy" }?.value ?? ""
            #expect(policy.contains("default-src 'none'") && policy.contains("form-action 'self' https://app.example"))
            #expect(!policy.contains("unsafe"))
            #expect(page.headers[.cacheControl] == "no-store")
        }
    }

    @Test("gives only what the person ticked")
    func fewer() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let scope = "launch/patient openid patient/Observation.rs patient/Condition.rs user/*.cruds"
            let page = try await client.authorize(app.parameters(scope: scope), session: session)
            // The client is registered to read, so that it can't ask for more.
            #expect(
                checked("scope", text(page)) == [
                    "openid", "patient/Observation.rs", "patient/Condition.rs", "user/*.rs",
                ])
            let answer = try await client.decide(
                page, session: session, patient: "p1",
                scopes: ["patient/Observation.rs", "user/*.cruds", "offline_access"])
            let code = query(answer.headers[.location])["code"] ?? ""
            let tokens = json(try await client.post("/auth/token", app.exchange(code)))
            #expect(tokens["scope"] as? String == "launch/patient patient/Observation.rs")
            #expect(tokens["id_token"] == nil && tokens["refresh_token"] == nil)
        }
    }

    @Test("tells the client when the person says no")
    func denial() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            for (decision, scopes) in [("deny", nil), ("allow", [])] as [(String, [String]?)] {
                let answer = try await client.decide(page, session: session, decision, patient: "p1", scopes: scopes)
                #expect(query(answer.headers[.location])["error"] == "access_denied")
            }
            #expect(place.told(.denied).count == 2)
        }
    }

    @Test("takes no decision from a form of another session or none")
    func forgery() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let (_, other) = try await place.person("person-q")
            let page = try await client.authorize(app.parameters(), session: session)
            let foreign = hidden("form", text(try await client.authorize(app.parameters(), session: other)))
            for token in [foreign, "", "x"] {
                let answer = try await client.decide(page, session: session, patient: "p1", form: token)
                #expect(answer.status == .badRequest && answer.headers[.location] == nil)
            }
        }
    }

    @Test("lets a resident choose among those whom they act for, and nobody else")
    func patients() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let page = try await client.authorize(app.parameters(), session: session)
            #expect(text(page).contains("value=\"p1\"") && text(page).contains("value=\"p2\""))
            #expect(text(page).contains("居民&lt;p1&gt;"))
            let none = try await client.decide(page, session: session)
            #expect(none.status == .ok && text(none).contains("请先选择一位居民"))
            for id in ["p3", "../p1", "p1'--"] {
                let stranger = try await client.decide(page, session: session, patient: id)
                #expect(query(stranger.headers[.location])["error"] == "access_denied")
            }
        }
    }

    @Test("lets staff search for a patient in the role that they choose")
    func staff() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-d", [resident, clinician])
            let first = try await client.authorize(app.parameters(), session: session)
            #expect(text(first).contains("<option value=\"0\" selected>居民</option>"))
            let again = try await client.post(
                "/auth/authorize/decision",
                [
                    ("request", hidden("request", text(first))), ("form", hidden("form", text(first))), ("role", "1"),
                    ("search", "p7"), ("decision", "again"), ("scope", "openid"),
                ], session: session)
            #expect(checked("patient", text(again)) == ["p7"] && checked("scope", text(again)) == ["openid"])
            let answer = try await client.decide(
                again, session: session, role: 1, scopes: ["patient/*.rs", "openid", "fhirUser"])
            let code = query(answer.headers[.location])["code"] ?? ""
            let tokens = json(try await client.post("/auth/token", app.exchange(code)))
            #expect(tokens["patient"] as? String == "p7")
            let holder = try await place.signIn.tokens.holder(of: tokens["access_token"] as? String ?? "")
            #expect(holder?.assignment == clinician && holder?.scopes.patient == "p7")
        }
    }

    @Test("takes a form from elsewhere as a navigation")
    func byPost() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let response = try await client.post("/auth/authorize", app.parameters())
            #expect(response.headers[.location] == "/auth/authorize?" + form(app.parameters()))
        }
    }

    @Test(
        "refuses what is too long or not decodable",
        arguments: ["scope=\(String(repeating: "a", count: 40_000))", "a=%zz", "a=%ff"])
    func oversized(query: String) async throws {
        try await withSignIn { _, client in
            let response = try await client.get("/auth/authorize?" + query)
            #expect(response.status == .badRequest)
        }
    }
}
