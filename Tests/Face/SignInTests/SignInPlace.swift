import Access
import Accounts
import FHIR
import Foundation
import Hummingbird
import HummingbirdTesting
import SQL
import SignIn
import Synchronization
import Testing

/// The databases that the same tests run on.
enum TestDatabase: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgreSQL

    var testDescription: String { rawValue }

    static let postgreSQLURL = ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"]

    /// Those that are there: PostgreSQL where `Scripts/with-postgres` runs the tests.
    static var available: [TestDatabase] { postgreSQLURL == nil ? [.sqlite] : [.sqlite, .postgreSQL] }

    /// Where tests run that run on one alone: PostgreSQL with `HEALTHBRAIN_TEST_STORES=postgres`.
    static var chosen: TestDatabase {
        ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_STORES"] == "postgres" ? .postgreSQL : .sqlite
    }
}

let origin = "http://127.0.0.1:8080"
let labels: LabelReader = {
    guard let definitions = try? Definitions.r4() else { preconditionFailure("the R4 tables can't be read") }
    return LabelReader(definitions)
}()
let goodPassword = "kelp-Orbit 蓝鲸 47"
let resident = RoleAssignment(.resident, person: "Patient/p1")
let clinician = RoleAssignment(
    .clinician, person: "Practitioner/d1", practitionerRole: "PractitionerRole/r1", organization: "Organization/o1",
    level: .institution, district: "330106")

/// Who reaches whom: a resident themselves and the child p2, a clinician p1 to p9 by search.
struct TestDirectory: SignInDirectory {
    private func ids(_ assignment: RoleAssignment) -> [String] {
        switch assignment.role {
        case .resident: ["p1", "p2"]
        case .clinician: (1...9).map { "p\($0)" }
        default: []
        }
    }

    func patients(
        of account: Account, as assignment: RoleAssignment, matching text: String, limit: Int
    ) async throws -> [PatientChoice] {
        let all = ids(assignment)
        let found = assignment.role == .resident ? all : all.filter { !text.isEmpty && $0.contains(text) }
        return found.prefix(limit).map { PatientChoice(id: $0, name: "居民<\($0)>") }
    }

    func patient(_ id: String, for account: Account, as assignment: RoleAssignment) async throws -> PatientChoice? {
        ids(assignment).contains(id) ? PatientChoice(id: id, name: "居民") : nil
    }

    func name(ofOrganization reference: String) async -> String? { reference == "Organization/o1" ? "市中心医院" : nil }
}

/// Other servers, as far as tests have them.
final class TestOutbound: Outbound {
    /// What stands at an address; nil for a server that does not answer.
    let documents = Mutex<[String: [UInt8]]>([:])
    /// What was asked, in order.
    let asked = Mutex<[String]>([])
    /// Answers forms.
    let forms = Mutex<(@Sendable (_ form: String, _ authorization: String?) -> OutboundAnswer)?>(nil)

    struct Silence: Error {}

    func get(_ address: String, bytesMax: Int) async throws -> OutboundAnswer {
        asked.withLock { $0.append(address) }
        guard let body = documents.withLock({ $0[address] }) else { return OutboundAnswer(status: 404, body: []) }
        return OutboundAnswer(status: 200, body: Array(body.prefix(bytesMax + 1)))
    }

    func post(_ form: String, to address: String, authorization: String?, bytesMax: Int) async throws -> OutboundAnswer
    {
        guard let answer = forms.withLock({ $0 }) else { throw Silence() }
        return answer(form, authorization)
    }
}

/// A sign-in of its own, with a clock that tests set.
final class SignInPlace: Sendable {
    static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z

    private let folder: URL
    private let address: PostgreSQLAddress?
    private let time = Mutex(start)
    private let database: any SQLDatabase
    let accounts: Accounts
    let signIn: SignIn
    let outbound = TestOutbound()
    let events = Mutex<[SignInEvent]>([])

    init(_ kind: TestDatabase, providers: [ProviderConfiguration] = []) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if kind == .postgreSQL {
            let made = try PostgreSQLAddress(TestDatabase.postgreSQLURL ?? "").with(
                schema: "test_" + UUID().uuidString.lowercased())
            address = made
            database = try PostgreSQLDatabase(made, readers: 2)
        } else {
            address = nil
            database = try SQLiteDatabase(path: folder.appendingPathComponent("accounts.db").path, cacheBytes: 1 << 20)
        }
        let clock = Clock()
        var options = AccountsOptions(now: { clock.now })
        options.argon2 = Argon2Parameters(memoryKiB: 64, passes: 1, lanes: 1)
        options.hashingWaitingMax = 1_000
        let key = try ServerKey(Array(0..<32))
        accounts = try Accounts(database: database, key: key, options: options)
        let box = EventBox()
        var own = SignInOptions(origin: origin)
        own.recording = { { event, _ in box.place?.events.withLock { $0.append(event) } } }
        signIn = try SignIn(
            database: database, key: key, accounts: accounts, directory: TestDirectory(), labels: labels,
            providers: providers, outbound: outbound, pages: .plain, options: own)
        clock.place = self
        box.place = self
    }

    /// Breaks the circle between the place and what it makes. Set once, before anything runs.
    private final class Clock: @unchecked Sendable {
        weak var place: SignInPlace?
        var now: Int64 { place?.now ?? SignInPlace.start }
    }
    private final class EventBox: @unchecked Sendable {
        weak var place: SignInPlace?
    }

    var now: Int64 { time.withLock { $0 } }
    func advance(seconds: Int) { time.withLock { $0 += Int64(seconds) * 1_000 } }
    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
    func told(_ kind: SignInEvent.Kind) -> [SignInEvent] { events.withLock { $0.filter { $0.kind == kind } } }

    func end() {
        try? database.close()
        try? FileManager.default.removeItem(at: folder)
        guard let address, let keeper = try? PostgreSQLDatabase(url: TestDatabase.postgreSQLURL ?? "", readers: 1)
        else {
            return
        }
        try? keeper.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \"\(address.schema)\" CASCADE") }
        try? keeper.close()
    }

    /// A person who is signed in: the account and the session's token.
    func person(
        _ login: String, _ roles: [RoleAssignment] = [resident], locale: String = "zh-CN"
    ) async throws -> (account: Account, token: String) {
        let account = try await accounts.add(
            login: login, displayName: "张三", assignments: roles, password: .chosen(goodPassword), locale: locale
        ).account
        return (account, try await session(login))
    }

    func session(_ login: String) async throws -> String {
        try await accounts.signIn(
            login: login, password: goodPassword, request: AccountRequest(address: "192.0.2.7")
        ).token
    }

    /// An app for people.
    func app(
        _ kind: Client.Kind = .public, redirects: [String] = ["https://app.example/done"],
        scopes: String = appScopes, launch: String? = "https://app.example/launch", keys: String? = nil
    ) async throws -> (client: Client, secret: String?) {
        try await signIn.clients.add(
            NewClient(
                name: "血压日记 <Diary>", kind: kind, redirectURIs: redirects, launchURI: launch, scopes: scopes, keys: keys
            ))
    }
}

let appScopes =
    "launch launch/patient openid fhirUser offline_access online_access patient/*.rs user/*.rs patient/Observation.cruds"

/// Runs a test on a place of its own, with a client that calls the real router.
func withSignIn(
    _ kind: TestDatabase = .chosen, providers: [ProviderConfiguration] = [],
    _ body: @escaping @Sendable (SignInPlace, any TestClientProtocol) async throws -> Void
) async throws {
    let place = try SignInPlace(kind, providers: providers)
    defer { place.end() }
    let router = Router(context: BasicRequestContext.self)
    place.signIn.addRoutes(to: router)
    let application = Application(router: router)
    try await application.test(.router) { client in try await body(place, client) }
}

/// Reads a Base 32 text slowly and plainly.
func base32(_ text: String) -> [UInt8] {
    let bits = text.filter { $0 != " " }.flatMap { letter -> [Int] in
        let value = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").firstIndex(of: letter) ?? 0
        return (0..<5).map { value >> (4 - $0) & 1 }
    }
    return stride(from: 0, to: bits.count / 8 * 8, by: 8)
        .map { start in bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | UInt8($1) } }
}

/// A seeded generator (SplitMix64), so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
