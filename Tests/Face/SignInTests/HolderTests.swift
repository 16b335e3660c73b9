import Access
import Accounts
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Testing

@Suite("Whom a token stands for")
struct HolderTests {
    /// What ends tokens.
    enum Ending: String, CaseIterable {
        case expiry, locked, disabled, roles, password, session, client, person, secondClient
    }

    @Test("a token ends with what it rests on", arguments: Ending.allCases, TestDatabase.available)
    func ends(by ending: Ending, kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (account, session) = try await place.person("person-p", [resident, clinician])
            let isOffline = ending == .password || ending == .roles
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs" + (isOffline ? " offline_access" : ""))
            let access = try #require(tokens["access_token"] as? String)
            let held = place.signIn.tokens
            #expect(try await held.holder(of: access)?.account?.id == account.id)
            place.advance(seconds: 10)
            switch ending {
            case .expiry: place.advance(seconds: 890)
            case .locked: try await place.accounts.setState(.locked, of: account.id)
            case .disabled: try await place.accounts.setState(.disabled, of: account.id)
            case .roles: try await place.accounts.setAssignments([clinician], of: account.id)
            case .password: _ = try await place.accounts.resetPassword(of: account.id)
            case .session: try await place.accounts.endSessions(of: account.id)
            case .client: try await place.signIn.clients.setEnabled(false, app.client.id)
            case .person:
                let grants = try held.grants(of: account)
                #expect(grants.count == 1 && grants[0].patient == "p1" && grants[0].client == app.client.name)
                try await held.end(grants[0].id, of: account)
            case .secondClient: for _ in 0..<10 { _ = try await client.tokens(app, session: session) }
            }
            place.advance(milliseconds: 500)
            #expect(try await held.holder(of: access) == nil)
            if let refresh = tokens["refresh_token"] as? String {
                #expect(try await client.refresh(app, refresh).status == .badRequest)
            }
            #expect(try held.grants(of: account).count == (ending == .secondClient ? 10 : 0) || ending == .expiry)
        }
    }

    @Test(
        "what is ended in this process is over at once",
        arguments: [Ending.locked, .disabled, .roles, .password, .session, .person], TestDatabase.available)
    func atOnce(by ending: Ending, kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let app = AppSide(client: try await place.app().client)
            let (account, session) = try await place.person("person-p", [resident, clinician])
            let tokens = try await client.tokens(app, session: session, scope: "launch/patient patient/*.rs")
            let access = try #require(tokens["access_token"] as? String)
            let held = place.signIn.tokens
            #expect(try await held.holder(of: access) != nil)
            let before = (held.generation, place.accounts.generation)
            switch ending {
            case .locked: try await place.accounts.setState(.locked, of: account.id)
            case .disabled: try await place.accounts.setState(.disabled, of: account.id)
            case .roles: try await place.accounts.setAssignments([clinician], of: account.id)
            case .password: _ = try await place.accounts.resetPassword(of: account.id)
            case .session: try await place.accounts.endSessions(of: account.id)
            case .person: try await held.end(try #require(try held.grants(of: account).first).id, of: account)
            case .expiry, .client, .secondClient: break
            }
            #expect(try await held.holder(of: access) == nil)
            // Whoever remembers what was said before learns that it may not hold.
            #expect((held.generation, place.accounts.generation) != before)
        }
    }

    @Test("what outlives a session goes on after it")
    func offline() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (account, session) = try await place.person("person-p")
            let online = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs online_access")
            let offline = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            try await place.accounts.endSessions(of: account.id)
            place.advance(seconds: 1)
            #expect(try await client.refresh(app, online["refresh_token"] as? String ?? "").status == .badRequest)
            let next = try await client.refresh(app, offline["refresh_token"] as? String ?? "")
            #expect(next.status == .ok)
            place.advance(seconds: 31 * 86_400)
            #expect(try await client.refresh(app, json(next)["refresh_token"] as? String ?? "").status == .badRequest)
        }
    }

    @Test("a grant ends after ninety days however often it is used")
    func wholeLife() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            var refresh = tokens["refresh_token"] as? String ?? ""
            for _ in 0..<4 {
                place.advance(seconds: 20 * 86_400)
                refresh = json(try await client.refresh(app, refresh))["refresh_token"] as? String ?? ""
            }
            #expect(!refresh.isEmpty)
            place.advance(seconds: 10 * 86_400)
            #expect(try await client.refresh(app, refresh).status == .badRequest)
        }
    }

    @Test(
        "nobody stands behind what is no access token",
        arguments: ["", "x", "hba_", "hba_" + String(repeating: "A", count: 43)])
    func nonsense(token: String) async throws {
        try await withSignIn { place, _ in
            let holder = try await place.signIn.tokens.holder(of: token)
            #expect(holder == nil)
        }
    }

    @Test("a refresh token or a code opens nothing by itself")
    func kinds() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (_, session) = try await place.person("person-p")
            let tokens = try await client.tokens(
                app, session: session, scope: "launch/patient patient/*.rs offline_access")
            let refresh = try #require(tokens["refresh_token"] as? String)
            let access = try #require(tokens["access_token"] as? String)
            #expect(try await place.signIn.tokens.holder(of: refresh) == nil)
            #expect(try await place.signIn.tokens.holder(of: "hba_" + refresh.dropFirst(4)) == nil)
            #expect(try await client.refresh(app, access).status == .badRequest)
            #expect(try await client.refresh(app, "hbr_" + access.dropFirst(4)).status == .badRequest)
        }
    }

    @Test("a person ends only what is their own")
    func others() async throws {
        try await withSignIn { place, client in
            let app = AppSide(client: try await place.app().client)
            let (account, session) = try await place.person("person-p")
            let (stranger, _) = try await place.person("person-q")
            let tokens = try await client.tokens(app, session: session)
            let grant = try #require(try place.signIn.tokens.grants(of: account).first)
            #expect(try place.signIn.tokens.grants(of: stranger).isEmpty)
            try await place.signIn.tokens.end(grant.id, of: stranger)
            #expect(try await place.signIn.tokens.holder(of: tokens["access_token"] as? String ?? "") != nil)
        }
    }
}
