import Access
import FHIR
import Foundation
import Gate
import HTTPTypes
import Synchronization
import Testing

/// For how long a gate remembers who a request came from: Docs/security/gate.md.
@Suite("what a gate remembers of callers")
struct CallerMemoryTests {
    /// Knows one token, counts the questions, and says when a token was ended here.
    private final class Desk: TokenVerifier {
        private struct State {
            var grant: TokenGrant?
            var asked = 0
            var generation: UInt64 = 0
        }

        private let state: Mutex<State>

        init(expires: Int64 = .max) throws {
            let scopes = try Scopes("system/*.rs", LabelReader(try Definitions.r4()))
            state = Mutex(
                State(
                    grant: TokenGrant(
                        client: "h1", holder: .program(ProgramRights(organization: "h1")), scopes: scopes,
                        expires: expires)))
        }

        var asked: Int { state.withLock { $0.asked } }
        var generation: UInt64 { state.withLock { $0.generation } }

        func grant(of token: String) async throws -> TokenGrant? {
            state.withLock { state in
                state.asked += 1
                return token == "good" ? state.grant : nil
            }
        }

        func end(here: Bool) {
            state.withLock { state in
                state.grant = nil
                if here { state.generation += 1 }
            }
        }
    }

    private final class Clock: Sendable {
        let time = Atomic<Int64>(1_767_225_600_000)
        func advance(_ milliseconds: Int64) { time.add(milliseconds, ordering: .relaxed) }
    }

    private func withGate(
        _ desk: Desk, _ body: @escaping @Sendable (Gate, Clock, GuardedDoor) async throws -> Void
    ) async throws {
        try await withGuardedDoor { house in
            let clock = Clock()
            var options = Gate.Options()
            options.now = { clock.time.load(ordering: .relaxed) }
            let gate = try Gate(
                store: house.gate.store, accounts: house.gate.accounts, journal: house.gate.journal,
                definitions: house.gate.definitions, verifier: desk, options: options)
            try await body(gate, clock, house)
        }
    }

    private static func request(_ fields: HTTPFields) -> HTTPRequest {
        HTTPRequest(
            method: .get, scheme: "http", authority: "localhost", path: "/fhir/Patient/p1", headerFields: fields)
    }

    private static let bearer = request([.authorization: "Bearer good"])

    @Test("asks about a token once in a quarter of a second")
    func asking() async throws {
        let desk = try Desk()
        try await withGate(desk) { gate, clock, _ in
            for _ in 0..<3 { _ = try await gate.caller(Self.bearer) }
            clock.advance(249)
            _ = try await gate.caller(Self.bearer)
            #expect(desk.asked == 1)
            clock.advance(1)
            _ = try await gate.caller(Self.bearer)
            #expect(desk.asked == 2)
        }
    }

    @Test(
        "refuses a token that was ended in this process at once, and one ended elsewhere within a quarter of a second")
    func ending() async throws {
        for here in [true, false] {
            let desk = try Desk()
            try await withGate(desk) { gate, clock, _ in
                _ = try await gate.caller(Self.bearer)
                desk.end(here: here)
                if !here {
                    #expect(try await gate.caller(Self.bearer).isAnonymous == false)
                    clock.advance(250)
                }
                await #expect(throws: GateError.badToken) { try await gate.caller(Self.bearer) }
            }
        }
    }

    @Test(
        "tells who is remembered without asking: nobody at first, nobody after a quarter of a second or the end of the token"
    )
    func remembering() async throws {
        let desk = try Desk()
        try await withGate(desk) { gate, clock, _ in
            #expect(gate.remembered(Self.bearer) == nil)
            let found = try await gate.entrant(Self.bearer)
            #expect(gate.remembered(Self.bearer) === found)
            clock.advance(249)
            #expect(gate.remembered(Self.bearer) === found)
            clock.advance(1)
            #expect(gate.remembered(Self.bearer) == nil)
            _ = try await gate.entrant(Self.bearer)
            #expect(gate.remembered(Self.bearer) != nil)
            desk.end(here: true)
            #expect(gate.remembered(Self.bearer) == nil)
        }
    }

    @Test(
        "takes no other proof for the same",
        arguments: [
            [.cookie: "Bearer good"], [.authorization: "Bearer  good"], [.authorization: "bearer good"],
            [.authorization: "Bearer goo"], [:],
        ] as [HTTPFields])
    func others(fields: HTTPFields) async throws {
        let desk = try Desk()
        try await withGate(desk) { gate, _, _ in
            _ = try await gate.entrant(Self.bearer)
            #expect(gate.remembered(Self.request(fields)) == nil)
            var twice = Self.bearer
            twice.headerFields.append(HTTPField(name: .authorization, value: "Bearer good"))
            #expect(gate.remembered(twice) == nil)
            let name = try #require(HTTPField.Name("X-Purpose-Of-Use"))
            var stated = Self.bearer
            stated.headerFields[name] = "PUBHLTH"
            #expect(gate.remembered(stated) == nil)
        }
    }

    @Test("never lets a token go on after its end")
    func expiry() async throws {
        let clock = Clock()
        let desk = try Desk(expires: clock.time.load(ordering: .relaxed) + 100)
        try await withGate(desk) { gate, clock, _ in
            _ = try await gate.caller(Self.bearer)
            clock.advance(99)
            _ = try await gate.caller(Self.bearer)
            #expect(desk.asked == 1)
            desk.end(here: false)
            clock.advance(1)
            await #expect(throws: GateError.badToken) { try await gate.caller(Self.bearer) }
        }
    }

    @Test("keeps the purposes of one token apart")
    func purposes() async throws {
        let desk = try Desk()
        try await withGate(desk) { gate, _, _ in
            let name = try #require(HTTPField.Name("X-Purpose-Of-Use"))
            let plain = try await gate.caller(Self.bearer)
            let stated = try await gate.caller(
                Self.request([.authorization: "Bearer good", name: "PUBHLTH"]))
            #expect(plain.subject.purpose == .operations)
            #expect(stated.subject.purpose == .publicHealth)
            await #expect(throws: GateError.unknownPurpose("X")) {
                try await gate.caller(Self.request([.authorization: "Bearer good", name: "X"]))
            }
        }
    }

    @Test("remembers only who is signed in, and by short proofs")
    func strangers() async throws {
        let desk = try Desk()
        try await withGate(desk) { gate, _, house in
            for number in 0..<100 {
                #expect(try await gate.caller(Self.request([.cookie: "healthbrain_session=\(number)"])).isAnonymous)
                _ = try? await gate.caller(Self.request([.authorization: "Bearer \(number)"]))
            }
            _ = try await gate.caller(Self.request([:]))
            #expect(gate.rememberedCallers == 0)
            let long = "healthbrain_session=x; other=" + String(repeating: "x", count: 5_000)
            _ = try await gate.caller(Self.request([.cookie: long]))
            _ = try await gate.caller(Self.bearer)
            #expect(gate.rememberedCallers == 1)
        }
    }
}
