import Calendar
import DailyCounts
import FHIR
import Foundation
import JSON
import Records
import SQL
import Synchronization
import Timeline

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

/// 2026-11-21 08:00 in Shanghai.
let testNow: Int64 = 1_795_219_200_000

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

private let openStores = Mutex<[RecordStore]>([])

/// A store in memory that runs both projections.
func memoryStore() throws -> RecordStore {
    let database = try testDatabase()
    let store = try RecordStore(
        RecordStoreOptions(database: database, now: { testNow }), definitions: try Definitions.r4(),
        projections: [TimelineProjection(), DailyCountsProjection()])
    if case .postgreSQL = database {
        // Tests leave their stores open, and a server has some hundreds of connections.
        let old = openStores.withLock { open -> RecordStore? in
            open.append(store)
            return open.count > 6 ? open.removeFirst() : nil
        }
        if let old { Task { await old.close() } }
    }
    return store
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
    static func address(_ division: Int) -> String {
        """
        [{"text":"浙江省杭州市","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division",\
        "valueCode":"\(division)"}]}]
        """
    }

    static func patient(
        _ id: String, name: String = "王秀英", born: String = "1954-03-09", died: String? = nil, division: Int? = 330106
    ) -> String {
        """
        {"resourceType":"Patient","id":"\(id)","name":[{"text":"\(name)"}],"gender":"female","birthDate":"\(born)",\
        "identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"33010619540309002X"}],\
        "telecom":[{"system":"phone","value":"13812345678"}]\
        \(died.map { ",\"deceasedDateTime\":\"\($0)\"" } ?? "")\
        \(division.map { ",\"address\":\(address($0))" } ?? "")}
        """
    }

    static func organization(_ id: String, division: Int?) -> String {
        """
        {"resourceType":"Organization","id":"\(id)","name":"社区卫生服务中心 \(id)"\
        \(division.map { ",\"address\":\(address($0))" } ?? "")}
        """
    }

    static func encounter(
        _ id: String, patient: String, organization: String?, start: String, code: String = "AMB",
        status: String = "finished"
    ) -> String {
        """
        {"resourceType":"Encounter","id":"\(id)","status":"\(status)",\
        "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"\(code)"},\
        "subject":{"reference":"Patient/\(patient)"},"period":{"start":"\(start)"}\
        \(organization.map { ",\"serviceProvider\":{\"reference\":\"Organization/\($0)\"}" } ?? "")}
        """
    }

    static func condition(
        _ id: String, patient: String, code: String, day: String, display: String = "诊断", encounter: String? = nil
    ) -> String {
        """
        {"resourceType":"Condition","id":"\(id)",\
        "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical",\
        "code":"active"}]},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\(code)",\
        "display":"\(display)"}]},"subject":{"reference":"Patient/\(patient)"},"recordedDate":"\(day)"\
        \(encounter.map { ",\"encounter\":{\"reference\":\"Encounter/\($0)\"}" } ?? "")}
        """
    }

    static func glucose(
        _ id: String, patient: String, value: String, at: String, encounter: String? = nil
    ) -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"final",\
        "code":{"coding":[{"system":"http://loinc.org","code":"14749-6","display":"空腹血糖"}]},\
        "subject":{"reference":"Patient/\(patient)"},"effectiveDateTime":"\(at)",\
        "valueQuantity":{"value":\(value),"unit":"mmol/L"},\
        "referenceRange":[{"low":{"value":3.9},"high":{"value":6.1}}]\
        \(encounter.map { ",\"encounter\":{\"reference\":\"Encounter/\($0)\"}" } ?? "")}
        """
    }
}
