import Accounts
import Foundation
import SQL
import Synchronization
import Testing

@Suite struct SecondFactorTests {
    /// A person with a second factor: the account, its generator, its recovery codes and a full session.
    private func enrolled(
        _ accounts: Accounts, _ place: TestPlace, algorithm: TOTP.Algorithm = .sha1
    ) async throws -> (account: Account, totp: TOTP, codes: [String], token: String) {
        let account = try await accounts.addPerson("known", [clinician])
        let session = try await accounts.signIn("known")
        let enrolment = try await accounts.beginEnrolment(token: session.token, algorithm: algorithm)
        let totp = TOTP(secret: base32(enrolment.secret), algorithm: algorithm)
        #expect(enrolment.uri.contains("secret=\(enrolment.secret.filter { $0 != " " })&"))
        let done = try await accounts.confirmEnrolment(
            totp.code(step: totp.step(at: place.now)), token: session.token, request: here)
        #expect(try await accounts.session(token: session.token) == nil)
        return (account, totp, done.recoveryCodes, done.session.token)
    }

    @Test("signing in takes two steps, and no code is good twice", arguments: TestDatabase.available)
    func twoSteps(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let (_, totp, _, _) = try await enrolled(accounts, place)
            let used = totp.code(step: totp.step(at: place.now))
            let first = try await accounts.signIn("known")
            #expect(first.signedIn.session.stage == .secondFactor)
            #expect(try await accounts.session(token: first.token) == nil)
            #expect(
                await error { () async throws(AccountsError) in
                    try await accounts.giveSecondFactor(used, token: first.token, request: here)
                } == .refused(retryAfterSeconds: 0))
            place.advance(seconds: 30)
            let code = totp.code(step: totp.step(at: place.now))
            let second = try await accounts.giveSecondFactor(code, token: first.token, request: here)
            #expect(second.signedIn.session.stage == .full)
            #expect(second.signedIn.session.id == first.signedIn.session.id)
            #expect(second.token != first.token)
            #expect(try accounts.pendingSession(token: first.token) == nil)
            #expect(try await accounts.session(token: second.token) != nil)
        }
    }

    @Test("a code is good once, however many servers are asked at once", arguments: TestDatabase.available)
    func race(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let servers = [try place.open(), try place.open()]
            let (_, totp, codes, _) = try await enrolled(servers[0], place)
            place.advance(seconds: 60)
            for code in [totp.code(step: totp.step(at: place.now)), codes[0]] {
                var sessions: [NewSession] = []
                for _ in 0..<4 { sessions.append(try await servers[0].signIn("known")) }
                let taken = await withTaskGroup(of: Bool.self) { group in
                    for (number, session) in sessions.enumerated() {
                        group.addTask {
                            await error { () async throws(AccountsError) in
                                try await servers[number % 2].giveSecondFactor(
                                    code, token: session.token, request: here)
                            } == nil
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(taken == 1)
                place.advance(seconds: 10)
            }
        }
    }

    @Test("wrong codes lock, also for whoever has the password", arguments: TestDatabase.available)
    func lock(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let (account, totp, codes, _) = try await enrolled(accounts, place)
            var waits: [AccountsError?] = []
            for _ in 0..<6 {
                let session = try await accounts.signIn("known")
                waits.append(
                    await error { () async throws(AccountsError) in
                        try await accounts.giveSecondFactor("000000", token: session.token, request: here)
                    })
                place.advance(seconds: 5)
            }
            #expect(waits == [0, 0, 2, 4, 900, 895].map { .refused(retryAfterSeconds: $0) })
            let session = try await accounts.signIn("known")
            for code in [totp.code(step: totp.step(at: place.now)), codes[0]] {
                #expect(
                    await error { () async throws(AccountsError) in
                        try await accounts.giveSecondFactor(code, token: session.token, request: here)
                    } == .refused(retryAfterSeconds: 890))
            }
            #expect(try accounts.lockedUntil(account) != nil)
        }
    }

    @Test("each recovery code is good once, in whatever way it is typed", arguments: TestDatabase.available)
    func recovery(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let (_, _, codes, _) = try await enrolled(accounts, place)
            #expect(Set(codes).count == 10)
            for code in codes {
                let session = try await accounts.signIn("known")
                let typed = code.lowercased().replacing("-", with: " ")
                let full = try await accounts.giveSecondFactor(typed, token: session.token, request: here)
                #expect(full.signedIn.session.stage == .full)
            }
            let session = try await accounts.signIn("known")
            #expect(
                await error { () async throws(AccountsError) in
                    try await accounts.giveSecondFactor(codes[3], token: session.token, request: here)
                } == .refused(retryAfterSeconds: 0))
            #expect(place.events.withLock { $0.filter { $0.kind == .recoveryCodeUsed }.count } == 10)
        }
    }

    @Test("the factor is changed only by who has just given it", arguments: TestDatabase.available)
    func stepUp(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let (account, totp, _, first) = try await enrolled(accounts, place, algorithm: .sha512)
            var token = first
            #expect(try await accounts.renewRecoveryCodes(token: token).count == 10)
            place.advance(seconds: 300)
            let stale = token
            #expect(
                await error { () async throws(AccountsError) in
                    try await accounts.removeSecondFactor(token: stale, request: here)
                } == .stepUpNeeded)
            #expect(
                await error { () async throws(AccountsError) in try await accounts.beginEnrolment(token: stale) }
                    == .stepUpNeeded)
            let before = try #require(try await accounts.session(token: token)).session
            token = try await accounts.giveSecondFactor(
                totp.code(step: totp.step(at: place.now)), token: token, request: here
            ).token
            let after = try #require(try await accounts.session(token: token)).session
            #expect(after.hasSecondFactor(withinSeconds: 300, at: place.now))
            #expect(after.id == before.id && after.expires == before.expires)
            try await accounts.removeSecondFactor(token: token, request: here)
            #expect(try accounts.account(id: account.id).hasSecondFactor == false)
            #expect(try await accounts.signIn("known").signedIn.session.stage == .full)
        }
    }

    @Test("a role may not go without, and enrols at its first sign-in", arguments: TestDatabase.available)
    func required(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open { $0.rolesWithSecondFactor = [.clinician] }
            let account = try await accounts.addPerson("known", [clinician])
            let session = try await accounts.signIn("known")
            #expect(session.signedIn.session.stage == .enrolment)
            let enrolment = try await accounts.beginEnrolment(token: session.token)
            #expect(
                await error { () async throws(AccountsError) in
                    try await accounts.confirmEnrolment("12345", token: session.token, request: here)
                } == .refused(retryAfterSeconds: 0))
            let totp = TOTP(secret: base32(enrolment.secret))
            let done = try await accounts.confirmEnrolment(
                totp.code(step: totp.step(at: place.now)), token: session.token, request: here)
            #expect(done.session.signedIn.session.stage == .full)
            let kept = await error { () async throws(AccountsError) in
                try await accounts.removeSecondFactor(token: done.session.token, request: here)
            }
            guard case .invalid = kept else { throw kept ?? .notFound }
            try await accounts.resetSecondFactor(of: account.id)
            #expect(try await accounts.session(token: done.session.token) == nil)
            #expect(try await accounts.signIn("known").signedIn.session.stage == .enrolment)
        }
    }

    @Test("a factor that was altered in the database opens nothing")
    func altered() async throws {
        try await withPlace(.sqlite) { place in
            let accounts = try place.open()
            let (_, totp, _, _) = try await enrolled(accounts, place)
            _ = try await accounts.addPerson("other")
            // Whoever writes to the database gives one account the factor of another.
            try place.database().write { db in
                try db.execute(
                    """
                    UPDATE account SET totp = (SELECT totp FROM account WHERE login = 'known'), totp_form = 'SHA1/6/30'
                    WHERE login = 'other'
                    """)
            }
            place.advance(seconds: 60)
            let session = try await accounts.signIn("other")
            let refused = await error { () async throws(AccountsError) in
                try await accounts.giveSecondFactor(
                    totp.code(step: totp.step(at: place.now)), token: session.token, request: here)
            }
            guard case .key = refused else { throw refused ?? .notFound }
        }
    }
}
