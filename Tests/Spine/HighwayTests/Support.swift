import FHIR
import Foundation
import Highway
import JSON
import Mapping
import Records
import SQL
import Synchronization

enum House {
    static let definitions = Result { try Definitions.r4() }
    static let mapping = Result { try Mapping.house(try definitions.get()) }
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

/// A store whose rows outlive its being closed: a file, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema.
struct TestPlace {
    let database: RecordDatabase
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "highway-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let environment = ProcessInfo.processInfo.environment
        if environment["HEALTHBRAIN_TEST_STORES"] == "postgres" {
            let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
            database = .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
        } else {
            database = .sqlite(path: folder + "/store.db")
        }
    }

    func store() throws -> RecordStore {
        try RecordStore(RecordStoreOptions(database: database), definitions: try House.definitions.get())
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

/// Opens a highway, lets it run while the body does, and closes all.
@discardableResult
func withHighway<T: Sendable>(
    _ place: TestPlace? = nil, options: HighwayOptions = HighwayOptions(),
    _ body: (Highway, RecordStore) async throws -> T
) async throws -> T {
    let own = try place ?? TestPlace()
    defer { if place == nil { own.remove() } }
    let store = try own.store()
    let highway = try Highway(store, mapping: try House.mapping.get(), options: options)
    let running = Task { await highway.run() }
    let result: Result<T, any Error>
    do { result = .success(try await body(highway, store)) } catch { result = .failure(error) }
    await highway.close()
    await running.value
    await store.close()
    return try result.get()
}

func v2(_ text: String, sender: String = "330106001", at: Int64 = 1_795_305_600_000) -> Delivery {
    Delivery(
        sender: sender, door: .mllp, format: .hl7v2,
        bytes: Array(text.replacing("\n", with: "\r").utf8), receivedAt: at)
}

func fhir(_ text: String, _ format: Format = .fhir, sender: String = "h1", at: Int64 = 1_795_305_600_000) -> Delivery {
    Delivery(sender: sender, door: .http, format: format, bytes: Array(text.utf8), receivedAt: at)
}

/// An ADT message.
func adt(
    _ event: String, control: String, time: String, number: String = "0001234", name: String = "张^三",
    visit: String? = nil, more: String = ""
) -> String {
    var text = """
        MSH|^~\\&|HIS|330106001|||\(time)||ADT^\(event)|\(control)|P|2.4
        EVN|\(event)|\(time)
        PID|1||\(number)^^^HIS^MR||\(name)||19491231|2
        """
    if let visit { text += "\nPV1|1|I|||||||||||||||||\(visit)|||||||||||||||||||||||||\(time)" }
    return text + more
}

/// A result.
func oru(control: String, time: String, number: String = "0001234", value: String, order: String = "LAB1") -> String {
    """
    MSH|^~\\&|LIS|330106001|||\(time)||ORU^R01|\(control)|P|2.4
    PID|1||\(number)^^^HIS^MR||张^三
    OBR|1|\(order)|\(order)|718-7^Hemoglobin^LN|||\(time)
    OBX|1|NM|718-7^Hemoglobin^LN||\(value)|g/L|||||F|||\(time)
    """
}

extension RecordStore {
    /// Everything that stands, without what the store adds.
    func everything() throws -> [String: String] {
        var found: [String: String] = [:]
        for (type, count) in try status().resourceCounts where count > 0 {
            var cursor: String?
            repeat {
                let parameters = [("_count", "500")] + (cursor.map { [("_cursor", $0)] } ?? [])
                let page = try search(type: type, parameters: parameters)
                for entry in page.entries where entry.mode == .match {
                    let text = String(decoding: entry.version.json(), as: UTF8.self)
                    found["\(entry.version.key)"] = text.replacing(
                        /"versionId":"\d+","lastUpdated":"[^"]*",?/, with: "")
                }
                cursor = page.next
            } while cursor != nil
        }
        return found
    }
}

/// A clock that goes on by a millisecond each time it is asked.
final class Ticks: Sendable {
    private let value = Mutex<Int64>(1_795_305_600_000)
    func next() -> Int64 {
        value.withLock {
            $0 += 1; return $0
        }
    }
}
