import Calendar
import FHIR
import Foundation
import JSON
import Records
import SQL
import Signals
import Synchronization
import Syndromes

/// SplitMix64: the same numbers for the same seed, everywhere.
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

/// A clock that is set by hand, in milliseconds since 1970.
final class TestClock: Sendable {
    private let time: Mutex<Int64>
    init(_ start: Int64 = 1_795_219_200_000) { time = Mutex(start) }
    var now: Int64 { time.withLock { $0 } }
    func advance(days: Int = 0, minutes: Int = 0) {
        time.withLock { $0 += Int64(days) * 86_400_000 + Int64(minutes) * 60_000 }
    }
}

let watchList = Result { try WatchList() }

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// A store that counts events.
func countingStore(_ clock: TestClock = TestClock()) throws -> RecordStore {
    try RecordStore(
        RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: try Definitions.r4(),
        projections: [EventCountsProjection(try watchList.get())])
}

extension RecordStore {
    /// Puts a resource whose type and id stand in its text.
    func put(_ body: String) async throws {
        let document = try JSONDocument(parsing: Array(body.utf8))
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        _ = try await update(key, document)
    }

    /// Every row of a table, in order.
    func rows(_ sql: String, columns: Int) throws -> [[Int64]] {
        try readSQL { db in try db.query(sql) { row in (0..<columns).map { row.int($0) } } }
    }
}

/// Small resources for tests.
enum Sample {
    static func patient(_ id: String, born: String = "1990-03-09", division: Int? = 330_106) -> String {
        let address = division.map {
            ",\"address\":[{\"text\":\"浙江省杭州市\",\"extension\":[{\"url\":"
                + "\"https://healthbrain.dev/fhir/StructureDefinition/division\",\"valueCode\":\"\($0)\"}]}]"
        }
        return
            "{\"resourceType\":\"Patient\",\"id\":\"\(id)\",\"birthDate\":\"\(born)\",\"gender\":\"female\"\(address ?? "")}"
    }

    static func encounter(_ id: String, patient: String, complaint: String, start: String) -> String {
        """
        {"resourceType":"Encounter","id":"\(id)","status":"finished",\
        "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},\
        "subject":{"reference":"Patient/\(patient)"},"period":{"start":"\(start)"},\
        "reasonCode":[{"text":"\(complaint)"}]}
        """
    }

    static func condition(_ id: String, patient: String, code: String, onset: String) -> String {
        """
        {"resourceType":"Condition","id":"\(id)",\
        "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},\
        "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\(code)","display":"诊断"}]},\
        "subject":{"reference":"Patient/\(patient)"},"onsetDateTime":"\(onset)"}
        """
    }

    static func influenzaTest(_ id: String, patient: String, isPositive: Bool, at: String) -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"final",\
        "code":{"coding":[{"system":"http://loinc.org","code":"80382-5"}]},\
        "subject":{"reference":"Patient/\(patient)"},"effectiveDateTime":"\(at)",\
        "valueCodeableConcept":{"text":"\(isPositive ? "阳性" : "阴性")"}}
        """
    }

    /// What a district counts: codes of streams with values.
    static func stream(
        _ id: String, by performer: String? = nil, of subject: String? = nil, on day: String, status: String = "final",
        _ values: [(code: String, value: String)]
    ) -> String {
        let components = values.map {
            "{\"code\":{\"coding\":[{\"system\":\"\(WatchedStream.system)\",\"code\":\"\($0.code)\"}]},"
                + "\"valueQuantity\":{\"value\":\($0.value)}}"
        }
        let who =
            (performer.map { ",\"performer\":[{\"reference\":\"\($0)\"}]" } ?? "")
            + (subject.map { ",\"subject\":{\"reference\":\"\($0)\"}" } ?? "")
        return
            "{\"resourceType\":\"Observation\",\"id\":\"\(id)\",\"status\":\"\(status)\",\"code\":{\"text\":\"每日监测\"}"
            + ",\"effectiveDateTime\":\"\(day)\"\(who),\"component\":[\(components.joined(separator: ","))]}"
    }

    static func organization(_ id: String, type: String, partOf: String?, division: Int?) -> String {
        let address = division.map {
            ",\"address\":[{\"extension\":[{\"url\":\"https://healthbrain.dev/fhir/StructureDefinition/division\","
                + "\"valueCode\":\"\($0)\"}]}]"
        }
        let above = partOf.map { ",\"partOf\":{\"reference\":\"Organization/\($0)\"}" }
        return
            "{\"resourceType\":\"Organization\",\"id\":\"\(id)\",\"name\":\"\(id)\","
            + "\"type\":[{\"coding\":[{\"code\":\"\(type)\"}]}]\(above ?? "")\(address ?? "")}"
    }
}
