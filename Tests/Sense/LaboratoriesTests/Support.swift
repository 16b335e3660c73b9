import Calendar
import FHIR
import Foundation
import JSON
import Laboratories
import Records
import SQL
import Synchronization

/// A clock that is set by hand, in milliseconds since 1970.
final class TestClock: Sendable {
    /// 2026-11-21 10:00 in Shanghai.
    private let time = Mutex<Int64>(1_795_226_400_000)
    var now: Int64 { time.withLock { $0 } }
    func advance(hours: Int) { time.withLock { $0 += Int64(hours) * 3_600_000 } }
}

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// A network in memory.
func laboratoryDesk(_ clock: TestClock) throws -> LaboratoryDesk {
    let store = try RecordStore(
        RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: try Definitions.r4(),
        projections: [])
    return LaboratoryDesk(store, try LaboratoryRules())
}

extension RecordStore {
    /// Puts a resource whose type and id stand in its text.
    func put(_ body: String) async throws {
        let document = try JSONDocument(parsing: Array(body.utf8))
        _ = try await update(
            ResourceKey(type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? ""),
            document)
    }
}

/// Small resources for tests. The test is the virus's RNA.
enum Sample {
    static let test = #"{"coding":[{"system":"http://loinc.org","code":"94500-6"}],"text":"核酸"}"#

    static func organization(_ id: String, division: Int, type: String = "hospital", partOf: String? = nil) -> String {
        #"{"resourceType":"Organization","id":"\#(id)","name":"\#(id)","type":[{"coding":[{"code":"\#(type)"}]}],"#
            + #""address":[{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","#
            + #""valueCode":"\#(division)"}]}]"#
            + (partOf.map { #","partOf":{"reference":"Organization/\#($0)"}"# } ?? "")
            + "}"
    }

    static func laboratory(
        _ id: String, of organization: String, capacity: Int, kind: String = "medical", active: Bool = true
    )
        -> String
    {
        let type =
            test.dropLast() + #","extension":[{"url":"\#(Laboratory.capacityURL)","valueInteger":\#(capacity)}]}"#
        return #"{"resourceType":"HealthcareService","id":"\#(id)","active":\#(active),"name":"\#(id)检验科","#
            + #""providedBy":{"reference":"Organization/\#(organization)"},"#
            + #""category":[{"coding":[{"system":"\#(Laboratory.kindSystem)","code":"\#(kind)"}]}],"type":[\#(type)]}"#
    }

    static func request(
        _ id: String, from organization: String = "o1", authored: String = "2026-11-21T09:00:00+08:00",
        priority: String = "routine", status: String = "active"
    ) -> String {
        #"{"resourceType":"ServiceRequest","id":"\#(id)","status":"\#(status)","intent":"order","priority":"\#(priority)","#
            + #""category":[{"coding":[{"system":"\#(LaboratoryDesk.system)","code":"\#(LaboratoryDesk.category)"}]}],"#
            + #""code":\#(test),"subject":{"reference":"Patient/p"},"authoredOn":"\#(authored)","#
            + #""requester":{"reference":"Organization/\#(organization)"}}"#
    }

    static func check(
        _ id: String, of laboratory: String, kind: String = "external-quality-assessment", on day: String,
        _ value: String, status: String = "final"
    ) -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","code":{"coding":[{"system":"#
            + #""\#(LaboratoryStanding.system)","code":"\#(kind)"}]},"focus":[{"reference":"HealthcareService/\#(laboratory)"}],"#
            + #""effectiveDateTime":"\#(day)","component":[{"code":\#(test),\#(value)}]}"#
    }

    static func score(_ percent: Int) -> String { #""valueQuantity":{"value":\#(percent),"unit":"%"}"# }

    static func result(_ id: String, of request: String, status: String = "final") -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","code":\#(test),"subject":{"reference":"Patient/p"},"#
            + #""basedOn":[{"reference":"ServiceRequest/\#(request)"}],"effectiveDateTime":"2026-11-21","valueString":"阴性"}"#
    }

    /// A city's and a district's centre, two hospitals, a patient.
    static let city = [
        organization("c0", division: 330_100, type: "commission"),
        organization("c1", division: 330_100, type: "cdc", partOf: "c0"),
        organization("c2", division: 330_106, type: "cdc", partOf: "c1"), organization("o1", division: 330_106),
        organization("o2", division: 330_102), #"{"resourceType":"Patient","id":"p"}"#,
    ]
}
