import FHIR
import JSON
import Records
import Reporting
import SQL
import Signals
import Synchronization
import Syndromes
import Testing

/// A clock that is set by hand, in milliseconds since 1970: 2026-11-21 00:00 UTC, 08:00 in Shanghai.
final class TestClock: Sendable {
    private let time: Mutex<Int64>
    init(_ start: Int64 = 1_795_219_200_000) { time = Mutex(start) }
    var now: Int64 { time.withLock { $0 } }
    func advance(hours: Int = 0, minutes: Int = 0) {
        time.withLock { $0 += Int64(hours) * 3_600_000 + Int64(minutes) * 60_000 }
    }
}

let hour: Int64 = 3_600_000
let watchList = Result { try WatchList() }
let reportForm = Result { try ReportForm() }

/// A house with a hospital, two centres, a resident of 西湖区, and a desk.
struct House {
    let clock = TestClock()
    let store: RecordStore
    let desk: ReportDesk
    let list: WatchList
    let form: ReportForm

    init() async throws {
        let (list, form) = (try watchList.get(), try reportForm.get())
        (self.list, self.form) = (list, form)
        store = try RecordStore(
            RecordStoreOptions(database: .sqlite(path: nil), now: { [clock] in clock.now }),
            definitions: try Definitions.r4(),
            projections: [EventCountsProjection(list), ReportCasesProjection(list, form)])
        desk = ReportDesk(store, form, try UnitClusters(list), SignalDesk(store, list))
        try await put(Sample.organization("wjw", type: "commission", partOf: nil, division: nil))
        try await put(Sample.organization("office", type: "commission", partOf: "wjw", division: 330_106))
        try await put(Sample.organization("city", type: "cdc", partOf: "wjw", division: 330_102))
        try await put(Sample.organization("xihu", type: "cdc", partOf: "office", division: 330_106))
        try await put(Sample.organization("h1", type: "prov", partOf: nil, division: 330_106))
        try await put(Sample.patient("p1"))
        try await put(Sample.encounter("e1", patient: "p1", organization: "h1"))
    }

    func put(_ body: String) async throws {
        let document = try JSONDocument(parsing: Array(body.utf8))
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        _ = try await store.update(key, document)
    }

    @discardableResult
    func run() async throws -> ReportDesk.Report {
        await store.settle()
        let report = try await desk.run(now: clock.now)
        await store.settle()
        return report
    }

    /// Every card, the oldest first.
    func cards() throws -> [ReportCard] {
        try store.search(type: "Task", parameters: ReportCard.search(count: 200)).entries.compactMap {
            try ReportCard($0.version, list)
        }.sorted { ($0.preparedAt, $0.id) < ($1.preparedAt, $1.id) }
    }

    /// Takes a step and writes it.
    func take(
        _ action: ReportAction, _ card: ReportCard, by: String = "李明", text: String = "",
        changes: [String: String] = [:]
    ) async throws -> ReportCard {
        var changed = card
        try changed.take(action, by: by, text: text, changes: changes, form, now: clock.now)
        #expect(try await desk.write(changed))
        await store.settle()
        return try #require(try desk.card(card.id))
    }
}

/// What the record doesn't tell.
let missing = ["population": "6", "doctor": "李明", "unit": "西湖饭店"]

/// Small resources for tests.
enum Sample {
    static func patient(
        _ id: String, name: String = "王秀英", born: String = "1980-03-09", died: String? = nil
    ) -> String {
        """
        {"resourceType":"Patient","id":"\(id)","name":[{"text":"\(name)"}],"gender":"female","birthDate":"\(born)",\
        "identifier":[{"system":"urn:oid:2.16.156.10011.1.3","value":"33010619800309002X"}],\
        "telecom":[{"system":"phone","value":"13812345678"}]\(died.map { ",\"deceasedDateTime\":\"\($0)\"" } ?? ""),\
        "address":[{"text":"浙江省杭州市西湖区文三路1号","extension":[{"url":\
        "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"330106"}]}]}
        """
    }

    static func encounter(_ id: String, patient: String, organization: String) -> String {
        """
        {"resourceType":"Encounter","id":"\(id)","status":"finished",\
        "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},\
        "subject":{"reference":"Patient/\(patient)"},"period":{"start":"2026-11-21T07:10:00+08:00"},\
        "serviceProvider":{"reference":"Organization/\(organization)"}}
        """
    }

    static func condition(
        _ id: String, patient: String = "p1", code: String, onset: String? = "2026-11-20",
        recorded: String? = "2026-11-21T07:30:00+08:00", status: String = "confirmed", encounter: String? = "e1"
    ) -> String {
        let clinical =
            status == "entered-in-error"
            ? ""
            : #""clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},"#
        return """
            {"resourceType":"Condition","id":"\(id)",\
            \(clinical)\
            "verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status",\
            "code":"\(status)"}]},\
            "code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10","code":"\(code)","display":"诊断"}]},\
            "subject":{"reference":"Patient/\(patient)"}\(encounter.map { ",\"encounter\":{\"reference\":\"Encounter/\($0)\"}" } ?? "")\
            \(onset.map { ",\"onsetDateTime\":\"\($0)\"" } ?? "")\(recorded.map { ",\"recordedDate\":\"\($0)\"" } ?? "")}
            """
    }

    static func influenzaTest(_ id: String, patient: String = "p1", isPositive: Bool = true) -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"final",\
        "code":{"coding":[{"system":"http://loinc.org","code":"80382-5"}]},\
        "subject":{"reference":"Patient/\(patient)"},"effectiveDateTime":"2026-11-21T07:50:00+08:00",\
        "performer":[{"reference":"Organization/h1"}],"valueCodeableConcept":{"text":"\(isPositive ? "阳性" : "阴性")"}}
        """
    }

    static func organization(_ id: String, type: String, partOf: String?, division: Int?) -> String {
        let address = division.map {
            ",\"address\":[{\"extension\":[{\"url\":\"https://healthbrain.dev/fhir/StructureDefinition/division\","
                + "\"valueCode\":\"\($0)\"}]}]"
        }
        let above = partOf.map { ",\"partOf\":{\"reference\":\"Organization/\($0)\"}" }
        return
            "{\"resourceType\":\"Organization\",\"id\":\"\(id)\",\"name\":\"机构 \(id)\","
            + "\"type\":[{\"coding\":[{\"code\":\"\(type)\"}]}]\(above ?? "")\(address ?? "")}"
    }
}
