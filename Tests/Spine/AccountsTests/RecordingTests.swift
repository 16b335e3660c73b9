import Accounts
import Foundation
import SQL
import Synchronization
import Testing

/// What is done is told, and what can't be told is not done.
@Suite struct RecordingTests {
    private struct Full: Error {}

    private func isUnavailable(_ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch AccountsError.unavailable { return true } catch { return false }
    }

    @Test("a change that the log does not take is not made", arguments: TestDatabase.available)
    func refusedChanges(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let account = try await accounts.addPerson("known", [clinician])
            let silent = try place.open { $0.recording = { { _, _ in throw Full() } } }
            let session = try await accounts.signIn("known")
            let id = account.id
            #expect(
                await isUnavailable { _ = try await silent.add(login: "new", displayName: "新", assignments: []) })
            #expect(await isUnavailable { try await silent.setState(.disabled, of: id) })
            #expect(await isUnavailable { try await silent.setAssignments([], of: id) })
            #expect(await isUnavailable { try await silent.setSensitivities(["hiv"], of: id) })
            #expect(await isUnavailable { _ = try await silent.resetPassword(of: id) })
            #expect(await isUnavailable { try await silent.endSessions(of: id) })
            #expect(try accounts.account(id: account.id) == account)
            #expect(try await accounts.session(token: session.token) != nil)
            #expect(throws: AccountsError.notFound) { try accounts.account(login: "new") }
        }
    }

    @Test("nobody is signed in, and nobody refused, without a trace", arguments: TestDatabase.available)
    func refusedSignIns(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            let account = try await accounts.addPerson("known", [clinician])
            let silent = try place.open { $0.recording = { { _, _ in throw Full() } } }
            for password in [goodPassword, "wrong"] {
                #expect(
                    await isUnavailable {
                        _ = try await silent.signIn(login: "known", password: password, request: here)
                    })
            }
            #expect(try accounts.sessions(of: account.id).isEmpty)
        }
    }

    @Test("an event comes inside the transaction of its change", arguments: TestDatabase.available)
    func inside(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let seen = Mutex<[AccountEvent.Kind: Bool]>([:])
            let accounts = try place.open {
                $0.recording = { { event, db in seen.withLock { $0[event.kind] = db != nil } } }
            }
            let account = try await accounts.addPerson("known", [clinician])
            _ = try await accounts.signIn("known")
            _ = try? await accounts.signIn(login: "known", password: "wrong", request: here)
            try await accounts.setDisplay(name: "另一个", of: account.id)
            #expect(
                seen.withLock { $0 } == [.accountAdded: true, .signedIn: true, .refused: false, .displayChanged: true])
        }
    }

    @Test("whoever tries one account too often is held back, whether it exists or not")
    func admission() async throws {
        try await withPlace(.sqlite) { place in
            let asked = Mutex<[String]>([])
            let accounts = try place.open {
                $0.admission = { name in
                    asked.withLock { asked in
                        asked.append(name)
                        return asked.count > 1 ? 7 : nil
                    }
                }
            }
            _ = try await accounts.addPerson("known", [clinician])
            _ = try await accounts.signIn("known")
            for login in ["KNOWN", "unknown"] {
                await #expect(throws: AccountsError.refused(retryAfterSeconds: 7)) {
                    try await accounts.signIn(login: login, password: goodPassword, request: here)
                }
            }
            #expect(asked.withLock { $0 } == ["known", "known", "unknown"])
        }
    }
}

/// Another server key in the place of the first.
@Suite struct KeyChangeTests {
    @Test("second factors stay good, and only the new key opens the accounts", arguments: TestDatabase.available)
    func change(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open()
            _ = try await accounts.addPerson("known", [clinician])
            let session = try await accounts.signIn("known")
            let enrolment = try await accounts.beginEnrolment(token: session.token)
            let totp = TOTP(secret: base32(enrolment.secret))
            _ = try await accounts.confirmEnrolment(
                totp.code(step: totp.step(at: place.now)), token: session.token, request: here)
            let other = try ServerKey(Array(100..<132))
            let options = AccountsOptions(now: { place.now })
            let database = try place.database()
            let told = Mutex(0)
            var recording = options
            recording.recording = { { _, db in told.withLock { $0 += db == nil ? 0 : 1 } } }
            #expect(throws: AccountsError.self) {
                try Accounts.changeKey(of: database, from: other, to: try ServerKey(Array(50..<82)), options: options)
            }
            #expect(try Accounts.changeKey(of: database, from: place.key, to: other, options: recording))
            // Interrupted before the file was put in place, it is asked for again.
            #expect(try !Accounts.changeKey(of: database, from: place.key, to: other, options: recording))
            #expect(told.withLock { $0 } == 1)
            #expect(throws: AccountsError.self) { try place.open() }
            let again = try Accounts(database: database, key: other, options: options)
            place.advance(seconds: 60)
            let first = try await again.signIn(login: "known", password: goodPassword, request: here)
            #expect(first.signedIn.session.stage == .secondFactor)
            let second = try await again.giveSecondFactor(
                totp.code(step: totp.step(at: place.now)), token: first.token, request: here)
            #expect(second.signedIn.session.stage == .full)
        }
    }

    @Test("the new key's file takes the place of the old one, which is kept")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("server.key").path
        func text(_ name: String) -> String? { try? String(contentsOfFile: name, encoding: .utf8) }
        _ = try ServerKey(file: path)
        let old = text(path)
        _ = try ServerKey(replacing: path)
        let new = text(path + ".new")
        _ = try ServerKey(replacing: path)
        #expect(text(path + ".new") == new, "an interrupted change goes on with its key")
        try ServerKey.replace(path)
        #expect(text(path) == new && text(path + ".old") == old && old != new)
        #expect(throws: AccountsError.self) { try ServerKey.replace(path) }
    }

    @Test("another provider's second factor counts where it is trusted with it", arguments: TestDatabase.available)
    func provided(kind: TestDatabase) async throws {
        try await withPlace(kind) { place in
            let accounts = try place.open { $0.rolesWithSecondFactor = [.clinician] }
            let account = try await accounts.addPerson("known", [clinician])
            let weak = try await accounts.signIn(providedFor: account.id, request: here)
            #expect(weak.signedIn.session.stage == .enrolment)
            let strong = try await accounts.signIn(
                providedFor: account.id, factorAt: place.now - 400_000, request: here)
            #expect(strong.signedIn.session.stage == .full)
            // It was not given just now: what needs that asks again.
            #expect(
                !strong.signedIn.session.hasSecondFactor(
                    withinSeconds: Accounts.changeFactorSeconds, at: place.now))
        }
    }
}
