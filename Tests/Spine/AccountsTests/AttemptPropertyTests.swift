import Accounts
import Foundation
import SQL
import Testing

/// Random attempts, changes and pauses on two servers of one database, against a model that keeps everything in plain sight.
@Suite struct AttemptPropertyTests {
    /// One account as a person would keep it on paper.
    private struct Model {
        var exists = true
        var password = goodPassword
        var isActive = true
        var failures = 0
        var since: Int64 = 0
        var blocked: Int64 = 0
        /// Tokens that are good: when last seen, and when over.
        var tokens: [String: (seen: Int64, expires: Int64)] = [:]
        /// Tokens that were ended.
        var ended: Set<String> = []

        mutating func end(_ token: String) {
            tokens[token] = nil
            ended.insert(token)
        }

        mutating func endAll() { for token in tokens.keys { end(token) } }

        mutating func attempt(_ given: String, at now: Int64) -> Bool {
            if now < blocked { return false }
            while failures > 0, now - since >= 86_400_000 {
                failures -= 1
                since += 86_400_000
            }
            if failures == 0 { since = now }
            failures += 1
            blocked = now + [0, 0, 0, 2_000, 4_000, 900_000, 1_800_000][min(failures, 6)]
            guard exists, isActive, given == password else { return false }
            failures = 0
            blocked = 0
            return true
        }

        mutating func use(_ token: String, at now: Int64) -> Bool {
            guard let times = tokens[token], now < times.expires, now < times.seen + 3_600_000 else { return false }
            if now - times.seen >= 60_000 { tokens[token]?.seen = now }
            return true
        }
    }

    private static let passwords = [goodPassword, otherPassword, "x"]
    /// Mostly short, in milliseconds.
    private static let pauses: [Int64] =
        Array(repeating: 1_500, count: 12) + Array(repeating: 20_000, count: 8) + [1_000_000, 2_000_000, 90_000_000]

    @Test("servers answer as the model does", arguments: TestDatabase.available, 0..<12 as Range<UInt64>)
    func model(kind: TestDatabase, seed: UInt64) async throws {
        try await withPlace(kind) { place in try await run(place, seed) }
    }

    private func run(_ place: TestPlace, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        func lax(_ options: inout AccountsOptions) {
            options.networkLockout.lockFrom = 1_000_000
            options.networkLockout.backOffFrom = 1_000_000
            options.sessionsMax = 1_000
        }
        let servers = [try place.open(lax), try place.open(lax)]
        let logins = ["anna", "bert", "ghost"]
        var models = logins.map { _ in Model() }
        models[2].exists = false
        var accounts: [Account?] = []
        for login in logins.dropLast() { accounts.append(try await servers[0].addPerson(login)) }
        accounts.append(nil)
        for step in 0..<300 {
            // Half a second at least, so that each server has looked at what the other has ended.
            let pause = Self.pauses.randomElement(using: &random) ?? 0
            place.advance(milliseconds: Int64.random(in: 500...pause, using: &random))
            let server = servers[Int.random(in: 0...1, using: &random)]
            let who = Int.random(in: 0..<3, using: &random)
            let now = place.now
            let note = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9:
                let isKnown = Int.random(in: 0..<3, using: &random) > 0
                let guess = Self.passwords.randomElement(using: &random) ?? ""
                let password = isKnown ? models[who].password : guess
                let expected = models[who].attempt(password, at: now)
                do {
                    let session = try await server.signIn(logins[who], password)
                    #expect(expected, "\(note)")
                    models[who].tokens[session.token] = (now, now + 86_400_000)
                } catch {
                    #expect(!expected, "\(note)")
                    let wait = max(0, models[who].blocked - now)
                    #expect(error == .refused(retryAfterSeconds: Int((wait + 999) / 1_000)), "\(note)")
                }
            case 9..<15:
                for token in models[who].ended {
                    #expect(try await server.session(token: token) == nil, "\(note)")
                }
                for token in models[who].tokens.keys.sorted() {
                    let found = try await server.session(token: token)
                    #expect((found != nil) == models[who].use(token, at: now), "\(note)")
                }
            case 15:
                guard let account = accounts[who] else { continue }
                let isActive = Bool.random(using: &random)
                try await server.setState(isActive ? .active : .locked, of: account.id)
                models[who].isActive = isActive
                if isActive {
                    models[who].failures = 0
                    models[who].blocked = 0
                } else {
                    models[who].endAll()
                }
            case 16:
                guard let token = models[who].tokens.keys.sorted().randomElement(using: &random) else { continue }
                try await server.signOut(token: token, request: here)
                models[who].end(token)
            case 17:
                guard let account = accounts[who] else { continue }
                try await server.endSessions(of: account.id)
                models[who].endAll()
            default:
                guard let token = models[who].tokens.keys.sorted().randomElement(using: &random),
                    models[who].use(token, at: now)
                else { continue }
                // A use of the token as the server sees it.
                _ = try await server.session(token: token)
                let new = (models[who].password == goodPassword ? otherPassword : goodPassword) as String
                let current: String = Bool.random(using: &random) ? models[who].password : "x"
                let expires = models[who].tokens[token]?.expires ?? 0
                let isRight = models[who].attempt(current, at: now)
                do {
                    let changed = try await server.changePassword(
                        current: current, new: new, token: token, request: here)
                    #expect(isRight, "\(note)")
                    models[who].endAll()
                    models[who].tokens[changed.token] = (now, expires)
                    models[who].password = new
                } catch {
                    // Within the last five: refused, and nothing else changes.
                    let isReuse = error == .password([.reused(5)])
                    #expect(isReuse ? isRight : !isRight, "\(note)")
                }
            }
        }
    }
}
