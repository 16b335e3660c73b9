import Accounts
import Foundation
import SQL
import Testing

@Suite struct SessionTests {
    @Test("staff are signed out sooner than residents, at rest and in any case", arguments: TestDatabase.available)
    func expiry(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("patient")
            _ = try await accounts.addPerson("doctor", [clinician])
            for (login, idle, whole) in [("patient", 3_600, 86_400), ("doctor", 1_800, 43_200)] {
                let idling = try await accounts.signIn(login).token
                place.advance(milliseconds: Int64(idle) * 1_000 - 1)
                #expect(try accounts.pendingSession(token: idling) != nil)
                place.advance(milliseconds: 1)
                #expect(try accounts.pendingSession(token: idling) == nil)
                let working = try await accounts.signIn(login).token
                for _ in 0..<(whole / 600 - 1) {
                    place.advance(seconds: 600)
                    #expect(try await accounts.session(token: working) != nil)
                }
                place.advance(milliseconds: 599_999)
                #expect(try await accounts.session(token: working) != nil)
                place.advance(milliseconds: 1)
                #expect(try await accounts.session(token: working) == nil)
            }
        }
    }

    @Test("the last use is written once a minute at most", arguments: TestDatabase.available)
    func seen(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let (one, other) = (try place.open(), try place.open())
            let account = try await one.addPerson("known")
            let new = try await one.signIn("known")
            place.advance(seconds: 59)
            _ = try await one.session(token: new.token)
            #expect(try other.sessions(of: account.id).map(\.seen) == [TestPlace.start])
            place.advance(seconds: 1)
            #expect(try await one.session(token: new.token)?.session.seen == place.now)
            #expect(try other.sessions(of: account.id).map(\.seen) == [place.now])
        }
    }

    @Test(
        "what ends a session ends it at once here, and within a second on other servers",
        arguments: TestDatabase.available)
    func ended(kind: TestDatabase) async throws {
        typealias End = @Sendable (Accounts, NewSession) async throws -> Void
        let ends: [(name: String, end: End)] = [
            ("sign out", { try await $0.signOut(token: $1.token, request: here) }),
            ("end one", { try await $0.endSession($1.signedIn.session.id, of: $1.signedIn.account.id) }),
            ("end all", { try await $0.endSessions(of: $1.signedIn.account.id) }),
            ("roles", { try await $0.setAssignments([clinician], of: $1.signedIn.account.id) }),
            ("lock", { try await $0.setState(.locked, of: $1.signedIn.account.id) }),
            ("disable", { try await $0.setState(.disabled, of: $1.signedIn.account.id) }),
            ("reset", { _ = try await $0.resetPassword(of: $1.signedIn.account.id) }),
            (
                "other password",
                {
                    let second = try await $0.signIn("\($1.signedIn.account.login)")
                    _ = try await $0.changePassword(
                        current: goodPassword, new: otherPassword, token: second.token, request: here)
                }
            ),
        ]
        try await withPlace(kind) { place in
            let (one, other) = (try place.open(), try place.open())
            for (number, (name, end)) in ends.enumerated() {
                _ = try await one.addPerson("user\(number)")
                let session = try await one.signIn("user\(number)")
                #expect(try await one.session(token: session.token) != nil)
                #expect(try await other.session(token: session.token) != nil)
                try await end(one, session)
                #expect(try await one.session(token: session.token) == nil, "\(name)")
                place.advance(milliseconds: 500)
                #expect(try await other.session(token: session.token) == nil, "\(name)")
            }
        }
    }

    @Test("look-ups between two changes ask the database twice a second at most")
    func cached() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known")
            let session = try await accounts.signIn("known")
            #expect(try await accounts.session(token: session.token) != nil)
            // Behind the accounts' back: no change is announced, so what is remembered stands.
            try place.database().write { db in try db.execute("DELETE FROM account_session") }
            place.advance(milliseconds: 400)
            #expect(try await accounts.session(token: session.token) != nil)
        }
    }

    @Test("without the database nobody is signed in")
    func unavailable() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known")
            let session = try await accounts.signIn("known")
            #expect(try await accounts.session(token: session.token) != nil)
            place.end()
            place.advance(milliseconds: 500)
            let closed = await error { () async throws(AccountsError) in
                try await accounts.session(token: session.token)
            }
            guard case .unavailable = closed else { throw closed ?? .notFound }
        }
    }

    @Test(
        "sessions are listed, ended singly and all but one; an account has so many at most",
        arguments: TestDatabase.available)
    func list(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open { $0.sessionsMax = 3 }
            let account = try await accounts.addPerson("known")
            let stranger = try await accounts.addPerson("stranger")
            var sessions: [NewSession] = []
            for _ in 0..<4 {
                sessions.append(try await accounts.signIn("known"))
                place.advance(seconds: 1)
            }
            #expect(
                try accounts.sessions(of: account.id).map(\.id)
                    == sessions.dropFirst().reversed().map(\.signedIn.session.id))
            #expect(try await accounts.session(token: sessions[0].token) == nil)
            #expect(
                await error { () async throws(AccountsError) in
                    try await accounts.endSession(sessions[1].signedIn.session.id, of: stranger.id)
                } == .notFound)
            try await accounts.endSession(sessions[1].signedIn.session.id, of: account.id, request: here)
            #expect(try await accounts.session(token: sessions[1].token) == nil)
            try await accounts.endSessions(of: account.id, except: sessions[3].signedIn.session.id)
            #expect(try accounts.sessions(of: account.id).map(\.id) == [sessions[3].signedIn.session.id])
        }
    }

    @Test("signing in ends the session that the browser had")
    func fixation() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("one")
            _ = try await accounts.addPerson("two")
            let first = try await accounts.signIn("one")
            for login in ["two", "one"] {
                let next = try await accounts.signIn(
                    login: login, password: goodPassword, request: here, previousToken: first.token)
                #expect(next.token != first.token)
                #expect(try await accounts.session(token: first.token) == nil)
            }
        }
    }

    @Test("a role that has ended makes nobody staff, and one to come does not either")
    func validity() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            var past = clinician
            past.validUntil = place.now
            var future = clinician
            future.validFrom = place.now + 1
            _ = try await accounts.addPerson("known", [past, future])
            let session = try await accounts.signIn("known").signedIn
            #expect(session.session.idleMilliseconds == 3_600_000)
            #expect(session.account.assignments(at: place.now).isEmpty)
        }
    }

    @Test("a token is 256 random bits that nothing but itself opens")
    func tokens() async throws {
        var random = SeededGenerator(seed: 1)
        let accounts = try Accounts(
            database: SQLiteDatabase(path: nil), key: ServerKey(Array(0..<32)), options: AccountsOptions(now: { 0 }))
        let letters = Array("ABCDEFabcdef0123456789-_=.\u{0}é")
        for length in Array(repeating: [0, 42, 43, 44, 1_000], count: 200).joined() {
            let text = String((0..<length).map { _ in letters.randomElement(using: &random) ?? "a" })
            #expect(try await accounts.session(token: text) == nil)
            #expect(!accounts.isGood(formToken: text, for: text))
        }
    }

    @Test("a form is good for its session alone, and no two tokens are alike")
    func forms() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known")
            let (one, other) = (try await accounts.signIn("known").token, try await accounts.signIn("known").token)
            let form = try accounts.formToken(for: one)
            #expect(form != (try accounts.formToken(for: one)))
            #expect(accounts.isGood(formToken: form, for: one))
            #expect(!accounts.isGood(formToken: form, for: other))
            #expect(try place.open().isGood(formToken: form, for: one))
            var changed = Array(form)
            for place in changed.indices {
                let letter = changed[place]
                changed[place] = letter == "A" ? "B" : "A"
                #expect(!accounts.isGood(formToken: String(changed), for: one))
                changed[place] = letter
            }
        }
    }

    @Test("the form of the sign-in page is bound to its cookie, for an hour")
    func signInForm() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            let (form, other) = (accounts.signInForm(), accounts.signInForm())
            #expect(accounts.isGood(signInForm: form))
            #expect(!accounts.isGood(signInForm: SignInForm(returnedCookie: other.cookie, field: form.field)))
            #expect(!accounts.isGood(signInForm: SignInForm(returnedCookie: "", field: form.field)))
            let younger = form.cookie.replacing("\(TestPlace.start)", with: "\(TestPlace.start + 3_000_000)")
            place.advance(seconds: 3_599)
            #expect(accounts.isGood(signInForm: form))
            place.advance(seconds: 1)
            #expect(!accounts.isGood(signInForm: form))
            #expect(!accounts.isGood(signInForm: SignInForm(returnedCookie: younger, field: form.field)))
        }
    }
}
