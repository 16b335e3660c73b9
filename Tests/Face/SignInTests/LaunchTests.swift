import Accounts
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Testing

@Suite("Starting an app from a page: EHR launch")
struct LaunchTests {
    private static let scope = "launch patient/*.rs openid"

    private static func start(
        _ place: SignInPlace, _ client: any TestClientProtocol, _ app: AppSide, session: String, patient: String = "p3",
        changes: [String: String] = [:]
    ) async throws -> TestResponse {
        let token = try place.accounts.formToken(for: session)
        var fields = [
            "client": app.client.id, "patient": patient, "encounter": "e1", "intent": "review", "form": token,
        ]
        fields.merge(changes) { $1 }
        return try await client.post("/auth/launch", fields.map { ($0.key, $0.value) }, session: session)
    }

    private static func launch(_ page: TestResponse) -> String? {
        let address = text(page).firstMatch(of: /url=([^"]*)"/).map { String($0.1).replacing("&amp;", with: "&") }
        #expect(address?.hasPrefix("https://app.example/launch?") == true)
        #expect(query(address)["iss"] == origin + "/fhir")
        return query(address)["launch"]
    }

    @Test("brings patient, encounter and intent along, once", arguments: TestDatabase.available)
    func works(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-d", [clinician])
            let launch = try #require(Self.launch(try await Self.start(place, client, app, session: session)))
            let page = try await client.authorize(
                app.parameters(scope: Self.scope, ["launch": launch]), session: session)
            #expect(checked("patient", text(page)) == ["p3"] && !text(page).contains("name=\"search\""))
            // What the form says of the patient does not count.
            let answer = try await client.decide(page, session: session, patient: "p4")
            let code = try #require(query(answer.headers[.location])["code"])
            let tokens = json(try await client.post("/auth/token", app.exchange(code)))
            #expect(tokens["patient"] as? String == "p3" && tokens["encounter"] as? String == "e1")
            #expect(tokens["intent"] as? String == "review")
            let again = try await client.decide(page, session: session)
            #expect(query(again.headers[.location])["error"] == "invalid_request")
            #expect(place.told(.launched).count == 1)
        }
    }

    @Test("is good for one client and one account, for five minutes")
    func bound() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let other = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-d", [clinician])
            let (_, stranger) = try await place.person("person-e", [clinician])
            let launch = try #require(Self.launch(try await Self.start(place, client, app, session: session)))
            for (side, who) in [(other, session), (app, stranger)] {
                let response = try await client.authorize(
                    side.parameters(scope: Self.scope, ["launch": launch]), session: who)
                #expect(query(response.headers[.location])["error"] == "invalid_request")
            }
            place.advance(seconds: 300)
            let late = try await client.authorize(
                app.parameters(scope: Self.scope, ["launch": launch]), session: session)
            #expect(query(late.headers[.location])["error"] == "invalid_request")
        }
    }

    @Test(
        "starts nothing for who is not signed in, for strange patients, and without our form",
        arguments: [
            ["form": "x"], ["patient": "p10"], ["patient": "../p1"], ["client": "nobody"], ["role": "1"], ["role": "x"],
            ["intent": String(repeating: "i", count: 200)],
        ])
    func refuses(changes: [String: String]) async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-d", [clinician])
            #expect(try await Self.start(place, client, app, session: session, changes: changes).status == .badRequest)
        }
    }
}
