import Accounts
import Foundation
import SQL
import Synchronization
import Testing

@Suite struct SignInTests {
    private let wrong = "wrong-Password 赤道"

    @Test("the right password opens a session, in either normal form", arguments: TestDatabase.available)
    func signIn(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let account = try await accounts.add(
                login: "lisi", displayName: "李四", assignments: [clinician], password: .chosen("e\u{301}tude/Kraken 海")
            ).account
            for password in ["e\u{301}tude/Kraken 海", "étude/Kraken 海"] {
                let new = try await accounts.signIn("LiSi", password)
                #expect(new.signedIn.account == account)
                #expect(new.signedIn.session.stage == .full)
                #expect(new.signedIn.session.device == "Firefox · Windows")
                let found = try #require(try await accounts.session(token: new.token))
                #expect(found == new.signedIn)
            }
            #expect(place.events.withLock { $0.map(\.kind) } == [.accountAdded, .signedIn, .signedIn])
        }
    }

    @Test("whatever is wrong, the answers are the same", arguments: TestDatabase.available)
    func noEnumeration(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known")
            let disabled = try await accounts.addPerson("disabled")
            try await accounts.setState(.disabled, of: disabled.id)
            _ = try await accounts.add(login: "elsewhere", displayName: "x", assignments: [resident], password: .none)
            let logins = ["known", "disabled", "elsewhere", "unknown", "not/a/name", ""]
            var answers: [[AccountsError?]] = []
            for login in logins {
                var own: [AccountsError?] = []
                for _ in 0..<7 {
                    let password = login == "disabled" ? goodPassword : wrong
                    own.append(
                        await error { () async throws(AccountsError) in try await accounts.signIn(login, password) })
                    place.advance(seconds: 5)
                }
                answers.append(own)
            }
            #expect(Set(answers).count == 1)
            #expect(
                answers[0] == [0, 0, 2, 4, 900, 895, 890].map { .refused(retryAfterSeconds: $0) })
        }
    }

    @Test(
        "locks hold on every server and after a restart, end by themselves, and can be lifted",
        arguments: TestDatabase.available)
    func lockIsDurable(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let one = try place.open()
            let account = try await one.addPerson("known")
            for _ in 0..<5 {
                _ = await error { () async throws(AccountsError) in try await one.signIn("known", wrong) }
                place.advance(seconds: 5)
            }
            let other = try place.open()
            #expect(try other.lockedUntil(account) == place.now + 895_000)
            #expect(
                await error { () async throws(AccountsError) in try await other.signIn("known") }
                    == .refused(retryAfterSeconds: 895))
            place.advance(seconds: 895)
            let session = try await other.signIn("known")
            #expect(try other.lockedUntil(account) == nil)
            #expect(try await one.session(token: session.token) != nil)
            for _ in 0..<5 {
                _ = await error { () async throws(AccountsError) in try await one.signIn("known", wrong) }
                place.advance(seconds: 5)
            }
            try await other.setState(.active, of: account.id)
            _ = try await one.signIn("known")
        }
    }

    @Test("many guesses at once are no more than few", arguments: TestDatabase.available)
    func parallelGuesses(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let servers = [try place.open(), try place.open()]
            let account = try await servers[0].addPerson("known")
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        _ = await error { () async throws(AccountsError) in
                            try await servers[number % 2].signIn("known", wrong)
                        }
                    }
                }
            }
            // Three were compared with the password: the third makes the rest wait.
            let compared = place.events.withLock { $0.filter { $0.kind == .refused && $0.accountID == account.id } }
            #expect(compared.count == 3)
        }
    }

    @Test("a network that fails too often is stopped, whichever names it tries")
    func network() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known")
            var refusals = 0
            for number in 0..<300 {
                _ = await error { () async throws(AccountsError) in try await accounts.signIn("nobody\(number)") }
                place.advance(milliseconds: 10)
                refusals += 1
            }
            let stopped = await error { () async throws(AccountsError) in try await accounts.signIn("known") }
            #expect(stopped != nil)
            _ = try await accounts.signIn(
                login: "known", password: goodPassword, request: AccountRequest(address: "198.51.100.1"))
        }
    }

    @Test("a hash of weaker parameters is made anew at the next sign-in", arguments: TestDatabase.available)
    func rehash(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let weak = try place.open()
            _ = try await weak.addPerson("known")
            let strong = try place.open { $0.argon2 = Argon2Parameters(memoryKiB: 128, passes: 2, lanes: 2) }
            _ = try await strong.signIn("known")
            let stored = try place.database().read { db in
                try db.first("SELECT password FROM account") { $0.text(0) }
            }
            #expect(stored?.hasPrefix("$argon2id$v=19$m=128,t=2,p=2$") == true)
            _ = try await strong.signIn("known")
        }
    }

    @Test("a password for one use ends by its time, and after a new one is chosen", arguments: TestDatabase.available)
    func oneTime(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let new = try await accounts.add(login: "fresh", displayName: "x", assignments: [resident])
            let password = try #require(new.oneTimePassword)
            place.advance(seconds: 72 * 3_600)
            #expect(
                await error { () async throws(AccountsError) in try await accounts.signIn("fresh", password) }
                    == .passwordExpired)
            let again = try #require(try await accounts.resetPassword(of: new.account.id).oneTimePassword)
            #expect(again != password)
            let session = try await accounts.signIn("fresh", again)
            #expect(session.signedIn.session.stage == .newPassword)
            let changed = try await accounts.changePassword(
                current: again, new: goodPassword, token: session.token, request: here)
            #expect(changed.signedIn.session.stage == .full)
            place.advance(seconds: 73 * 3_600)
            _ = try await accounts.signIn("fresh")
        }
    }

    @Test(
        "a new password needs the old one, keeps the rules, and is none of the last five",
        arguments: TestDatabase.available)
    func change(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("wangwu")
            var token = try await accounts.signIn("wangwu").token
            func change(_ current: String, _ new: String) async -> AccountsError? {
                do {
                    token = try await accounts.changePassword(
                        current: current, new: new, token: token, words: ["13712345678"], request: here
                    ).token
                    return nil
                } catch { return error }
            }
            #expect(await change(wrong, otherPassword) == .refused(retryAfterSeconds: 0))
            #expect(await change(goodPassword, "13712345678") == .password([.personal]))
            #expect(await change(goodPassword, "wangwu99") == .password([.personal]))
            #expect(await change(goodPassword, goodPassword) == .password([.reused(5)]))
            let row = [goodPassword] + (1...5).map { "\($0)/\(otherPassword)" }
            for (current, new) in zip(row, row.dropFirst()) {
                #expect(await change(current, new) == nil)
                if new != row.last { #expect(await change(new, goodPassword) == .password([.reused(5)])) }
            }
            #expect(await change(row[5], row[2]) == .password([.reused(5)]))
            #expect(await change(row[5], goodPassword) == nil)
        }
    }

    @Test("a policy may ask for a new password after some days")
    func rotation() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open { $0.passwords.daysMax = 90 }
            _ = try await accounts.addPerson("known")
            place.advance(seconds: 90 * 86_400 - 1)
            #expect(try await accounts.signIn("known").signedIn.session.stage == .full)
            place.advance(seconds: 1)
            #expect(try await accounts.signIn("known").signedIn.session.stage == .newPassword)
        }
    }
}
