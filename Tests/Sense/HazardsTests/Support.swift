import Calendar
import Containment
import FHIR
import Foundation
import Hazards
import JSON
import Records
import SQL
import Signals
import Synchronization
import Syndromes
import Testing

/// A clock that is set by hand, in milliseconds since 1970.
final class TestClock: Sendable {
    private let time: Mutex<Int64>
    init(_ day: String) { time = Mutex((CivilDay(day) ?? CivilDay(number: 0)).startMilliseconds + 9 * 3_600_000) }
    var now: Int64 { time.withLock { $0 } }
    func set(_ day: String) {
        time.withLock { $0 = (CivilDay(day) ?? CivilDay(number: 0)).startMilliseconds + 9 * 3_600_000 }
    }
}

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

/// A house with two centres, a foundry, a school and a market in 西湖区, and a desk.
struct House {
    let clock: TestClock
    let store: RecordStore
    let desk: HazardDesk
    let signals: SignalDesk
    let list: HazardList

    init(_ day: String = "2026-11-23") async throws {
        let clock = TestClock(day)
        let watched = try WatchList()
        self.clock = clock
        list = try HazardList(watched)
        store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: try Definitions.r4(),
            projections: [HazardResultsProjection(list)])
        signals = SignalDesk(store, watched)
        desk = HazardDesk(store, list, signals)
        try await put(Self.organization("wjw", "commission", above: nil, 330_100))
        try await put(Self.organization("office", "commission", above: "wjw", 330_106))
        try await put(Self.organization("city", "cdc", above: "wjw", 330_100))
        try await put(Self.organization("xihu", "cdc", above: "office", 330_106))
        for (id, name) in [("foundry", "西湖铸造厂"), ("school", "西湖中心小学"), ("market", "城西市场")] {
            try await put(Self.location(id, name, 330_106))
        }
    }

    func put(_ body: String) async throws {
        let document = try JSONDocument(parsing: Array(body.utf8))
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        _ = try await store.update(key, document)
    }

    func run() async throws -> HazardDesk.Report {
        await store.settle()
        let report = try await desk.run(now: clock.now)
        await store.settle()
        return report
    }

    func measures(_ signal: String) throws -> [Measure] {
        try store.search(type: "Task", parameters: Measure.search(signal: signal, count: 50)).entries
            .compactMap { try Measure($0.version) }
    }

    func kind(_ id: String) throws -> HazardKind { try #require(list[id]) }

    static let xihu = 330_106

    static func address(_ division: Int) -> String {
        #"{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\#(division)"}]}"#
    }

    static func organization(_ id: String, _ type: String, above: String?, _ division: Int) -> String {
        let part = above.map { #","partOf":{"reference":"Organization/\#($0)"}"# } ?? ""
        let kind =
            #"[{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/institution-kind","code":"\#(type)"}]}]"#
        return
            #"{"resourceType":"Organization","id":"\#(id)","name":"\#(id)","type":\#(kind),"address":[\#(address(division))]\#(part)}"#
    }

    static func location(_ id: String, _ name: String, _ division: Int) -> String {
        #"{"resourceType":"Location","id":"\#(id)","name":"\#(name)","mode":"instance","address":\#(address(division))}"#
    }

    /// A measurement at a site.
    static func measured(
        _ id: String, _ item: String, _ value: Double, at place: String, on day: String, part: String = "打磨岗位",
        unit: String? = nil, status: String = "final"
    ) -> String {
        let unit = unit.map { #","unit":"\#($0)""# } ?? ""
        return
            #"{"resourceType":"Observation","id":"\#(id)","status":"\#(status)","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-part","valueString":"\#(part)"}],"#
            + #""code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/hazard-item","code":"\#(item)"}]},"subject":{"reference":"Location/\#(place)"},"#
            + #""effectiveDateTime":"\#(day)","valueQuantity":{"value":\#(value)\#(unit)}}"#
    }

    /// A screening of somebody's eyes, or a worker's check, at a site.
    static func found(
        _ id: String, of patient: String, at place: String, on day: String, part: String = "三年级", _ rest: String
    ) -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"final","extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-site","valueReference":{"reference":"Location/\#(place)"}},"#
            + #"{"url":"https://healthbrain.dev/fhir/StructureDefinition/monitored-part","valueString":"\#(part)"}],"#
            + #""subject":{"reference":"Patient/\#(patient)"},"effectiveDateTime":"\#(day)",\#(rest)}"#
    }

    static func eyes(_ values: [(String, Double)]) -> String {
        func code(_ item: String) -> String {
            #"{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/hazard-item","code":"\#(item)"}]}"#
        }
        let parts = values.map { #"{"code":\#(code($0.0)),"valueQuantity":{"value":\#($0.1)}}"# }
        return #""code":\#(code("vision-screening")),"component":[\#(parts.joined(separator: ","))]"#
    }

    static func conclusion(_ code: String) -> String {
        #""code":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/hazard-item","code":"check-conclusion"}]},"#
            + #""valueCodeableConcept":{"coding":[{"system":"https://healthbrain.dev/fhir/CodeSystem/check-conclusion","code":"\#(code)"}]}"#
    }

    func patients(_ count: Int) async throws {
        for number in 0..<count { try await put(#"{"resourceType":"Patient","id":"p\#(number)"}"#) }
    }
}
