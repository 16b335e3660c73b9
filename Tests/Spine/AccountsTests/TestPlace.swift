import Accounts
import Foundation
import SQL
import Synchronization
import Testing

/// The databases that the same tests run on.
enum TestDatabase: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgreSQL

    var testDescription: String { rawValue }

    static let postgreSQLURL = ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"]

    /// Those that are there: PostgreSQL where `Scripts/with-postgres` runs the tests.
    static var available: [TestDatabase] { postgreSQLURL == nil ? [.sqlite] : [.sqlite, .postgreSQL] }
}

/// A place for accounts, with a clock that tests set; gone at the end.
final class TestPlace: Sendable {
    /// Small enough for tests; what is computed is the same.
    static let quick = Argon2Parameters(memoryKiB: 64, passes: 1, lanes: 1)
    static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z

    private let kind: TestDatabase
    private let folder: URL
    private let address: PostgreSQLAddress?
    private let time = Mutex(start)
    private let opened = Mutex<[any SQLDatabase]>([])
    let key: ServerKey
    let events = Mutex<[AccountEvent]>([])

    init(_ kind: TestDatabase) throws {
        self.kind = kind
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        key = try ServerKey(Array(0..<32))
        address =
            kind == .postgreSQL
            ? try PostgreSQLAddress(TestDatabase.postgreSQLURL ?? "").with(
                schema: "test_" + UUID().uuidString.lowercased())
            : nil
    }

    var now: Int64 { time.withLock { $0 } }
    func advance(seconds: Int) { time.withLock { $0 += Int64(seconds) * 1_000 } }
    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }

    func database() throws -> any SQLDatabase {
        let database: any SQLDatabase =
            if let address { try PostgreSQLDatabase(address, readers: 2) } else {
                try SQLiteDatabase(path: folder.appendingPathComponent("accounts.db").path, cacheBytes: 1 << 20)
            }
        opened.withLock { $0.append(database) }
        return database
    }

    /// A server: each one that is opened is another one on the same database.
    func open(_ change: (inout AccountsOptions) -> Void = { _ in }) throws -> Accounts {
        var options = AccountsOptions(now: { [self] in now })
        options.argon2 = Self.quick
        options.hashingWaitingMax = 1_000
        options.recording = { { [self] event, _ in events.withLock { $0.append(event) } } }
        change(&options)
        return try Accounts(database: database(), key: key, options: options)
    }

    func end() {
        for database in opened.withLock({ $0 }) { try? database.close() }
        try? FileManager.default.removeItem(at: folder)
        guard let address, let keeper = try? PostgreSQLDatabase(url: TestDatabase.postgreSQLURL ?? "", readers: 1)
        else {
            return
        }
        try? keeper.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \"\(address.schema)\" CASCADE") }
        try? keeper.close()
    }
}

/// Runs a test on a place of its own.
func withPlace<T>(_ kind: TestDatabase, _ body: (TestPlace) async throws -> T) async throws -> T {
    let place = try TestPlace(kind)
    defer { place.end() }
    return try await body(place)
}

let here = AccountRequest(address: "192.0.2.7", userAgent: "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
let goodPassword = "kelp-Orbit 蓝鲸 47"
let otherPassword = "violin/Harbour 山茶 93"

let resident = RoleAssignment(.resident, person: "Patient/p1")
let clinician = RoleAssignment(
    .clinician, person: "Practitioner/d1", practitionerRole: "PractitionerRole/r1", organization: "Organization/o1",
    level: .department, district: "330106")

extension Accounts {
    /// A person who has chosen a password.
    func addPerson(_ login: String, _ roles: [RoleAssignment] = [resident]) async throws -> Account {
        try await add(
            login: login, displayName: "测试", assignments: roles, password: .chosen(goodPassword)
        ).account
    }

    func signIn(_ login: String, _ password: String = goodPassword) async throws(AccountsError) -> NewSession {
        try await signIn(login: login, password: password, request: here)
    }
}

/// The error that a call throws; nil when it throws none.
func error<T>(_ body: () async throws(AccountsError) -> T) async -> AccountsError? {
    do {
        _ = try await body()
        return nil
    } catch { return error }
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

/// Reads a Base 32 text slowly and plainly, apart from the code under test.
func base32(_ text: String) -> [UInt8] {
    let bits = text.filter { $0 != " " }.flatMap { letter -> [Int] in
        let value = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").firstIndex(of: letter) ?? 0
        return (0..<5).map { value >> (4 - $0) & 1 }
    }
    return stride(from: 0, to: bits.count / 8 * 8, by: 8)
        .map { start in bits[start..<(start + 8)].reduce(UInt8(0)) { $0 << 1 | UInt8($1) } }
}
