import FHIR
import Foundation
import JSON
import Records
import SQL
import Synchronization

/// A clock that tests set.
final class TestClock: Sendable {
    private let time = Mutex<Int64>(1_767_225_600_000)  // 2026-01-01T00:00:00Z

    var now: Int64 { time.withLock { $0 } }
    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }
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

func json(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Where stores of tests are made: in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` in the PostgreSQL of
/// `Scripts/with-postgres`, each in a schema of its own. The whole suite runs on both.
enum TestStores {
    static let isPostgreSQL = ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_STORES"] == "postgres"
    /// Whether there is a PostgreSQL, be it only for the tests that need one.
    static let hasPostgreSQL = ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] != nil
    /// Schemas by the path that a test gave, so that a store opened twice is the same one.
    private static let schemas = Mutex<[String: PostgreSQLAddress]>([:])
    private static let open = Mutex<[RecordStore]>([])

    static func database(_ path: String?) throws -> RecordDatabase {
        guard isPostgreSQL else { return .sqlite(path: path) }
        return .postgreSQL(try address(path ?? UUID().uuidString))
    }

    static func address(_ name: String) throws -> PostgreSQLAddress {
        let whole = try PostgreSQLAddress(ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
        return schemas.withLock { schemas in
            if let known = schemas[name] { return known }
            let own = whole.with(schema: "test_" + UUID().uuidString.lowercased())
            schemas[name] = own
            return own
        }
    }

    /// Tests leave their stores open; each holds connections, of which a server has some hundreds. With `--no-parallel`
    /// those of earlier tests can be closed.
    static func keep(_ store: RecordStore) {
        guard isPostgreSQL else { return }
        let old = open.withLock { open -> RecordStore? in
            open.append(store)
            return open.count > 6 ? open.removeFirst() : nil
        }
        if let old { Task { await old.close() } }
    }
}

/// A store in memory with a clock that stands still and ids that count.
func memoryStore(
    clock: TestClock = TestClock(), projections: [any Projection] = [], path: String? = nil
) throws -> RecordStore {
    let counter = Mutex(0)
    let options = RecordStoreOptions(
        database: try TestStores.database(path), now: { clock.now },
        newID: {
            counter.withLock {
                $0 += 1
                return "new-\($0)"
            }
        })
    let store = try RecordStore(options, definitions: try Definitions.r4(), projections: projections)
    TestStores.keep(store)
    return store
}

extension RecordStore {
    /// Puts a resource whose id stands in its text.
    @discardableResult
    func put(_ body: String) async throws -> WriteOutcome {
        let document = try json(body)
        let root = document.root
        let key = ResourceKey(type: root["resourceType"]?.string ?? "", id: root["id"]?.string ?? "")
        return try await update(key, document)
    }

    /// The ids that a search finds, in order.
    func ids(_ query: String) throws -> [String] {
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        let page = try search(
            type: halves[0], parameters: URLQuery.parse(halves.count > 1 ? halves[1] : ""))
        return page.entries.filter { $0.mode == .match }.map(\.version.key.id)
    }

    /// The ids that a search finds on all its pages, in order.
    func allIDs(_ query: String) throws -> [String] {
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        let parameters = URLQuery.parse(halves.count > 1 ? halves[1] : "")
        var found: [String] = []
        var cursor: String?
        repeat {
            let page = try search(type: halves[0], parameters: parameters + (cursor.map { [("_cursor", $0)] } ?? []))
            found += page.entries.filter { $0.mode == .match }.map(\.version.key.id)
            cursor = page.next
        } while cursor != nil
        return found
    }
}

/// A folder that is gone at the end of the test.
func withTemporaryFolder<T>(_ body: (String) async throws -> T) async throws -> T {
    let path = NSTemporaryDirectory() + "healthbrain-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}
