import Calendar
import FHIR
import FHIRPath
import Foundation
import JSON
import Pathways
import Records
import SQL
import Synchronization

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

/// A clock that is set by hand.
final class TestClock: Sendable {
    private let time: Mutex<Int64>
    init(_ day: String) { time = Mutex(noon(day)) }
    var now: Int64 { time.withLock { $0 } }
    func set(_ day: String) { time.withLock { $0 = noon(day) } }
}

/// Noon of a day in Shanghai.
func noon(_ day: String) -> Int64 { (CivilDay(day)?.startMilliseconds ?? 0) + 12 * 3_600_000 }

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}

func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

/// A tennis club looks after its members: who joins is measured, who serves hard is seen again within two weeks.
enum Club {
    static let setting = ProgrammeSetting(
        id: "tennis-club", version: "1", title: Words(zh: "网球俱乐部", en: "Tennis club"),
        roles: [
            "coach": .init(id: "coach", title: Words(zh: "教练", en: "coach"), reach: .generalPractitioner),
            "club": .init(id: "club", title: Words(zh: "俱乐部", en: "club"), reach: .managingOrganization),
            "league": .init(id: "league", title: Words(zh: "联盟", en: "league"), reach: .districtAuthority),
        ],
        parameters: [
            "hardServe": .init(
                title: Words(zh: "重发球", en: "hard serve"),
                values: [
                    .init(value: [.integer(180)], text: "180 km/h"),
                    .init(from: CivilDay("2026-06-01"), value: [.integer(170)], text: "170 km/h"),
                    .init(city: "3301", value: [.integer(160)], text: "160 km/h"),
                ])
        ],
        escalation: [
            .init(after: Span(7, .day), kind: .reminder, role: "coach"),
            .init(after: Span(14, .day), kind: .prompt, role: "club"),
            .init(after: Span(30, .day), kind: .supervision, role: "league"),
        ])

    static func action(_ id: String, _ kind: String, _ rest: String = "") -> String {
        let owner =
            kind == "activity" ? #","participant":[{"type":"practitioner","role":{"coding":[{"code":"coach"}]}}]"# : ""
        return """
            {"id":"\(id)","title":"\(id)","description":"规则 \(id)","code":[{"coding":[{"system":\
            "https://healthbrain.dev/fhir/CodeSystem/pathway-part","code":"\(kind)"}]}]\(owner)\(rest.isEmpty ? "" : "," + rest)}
            """
    }

    static func trigger(_ expression: String) -> String {
        #""trigger":[{"type":"named-event","name":"t","condition":\#(expr(expression))}]"#
    }

    static func condition(_ kind: String, _ expression: String) -> String {
        #"{"kind":"\#(kind)","expression":\#(expr(expression))}"#
    }

    static func expr(_ text: String) -> String {
        #"{"language":"text/fhirpath","expression":\#(String(decoding: jsonQuoted(text), as: UTF8.self))}"#
    }

    static let measured = "%record.ofType(Observation).where(code.coding.code = 'speed')"

    static let actions = [
        action(
            "joins", "entry",
            trigger("%record.ofType(Encounter).where(class.code = 'JOIN')") + #","requiredBehavior":"must""#),
        action(
            "dies", "leave",
            #""reason":[{"coding":[{"code":"death"}]}],"# + trigger("deceased.ofType(dateTime)")),
        action(
            "resigns", "leave",
            #""reason":[{"coding":[{"code":"resigned"}]}],"#
                + trigger("%record.ofType(Encounter).where(class.code = 'QUIT')")),
        action(
            "watched", "stage",
            #""condition":["# + condition("applicability", "%hard.exists()") + #"],"action":["#
                + action(
                    "massage", "activity",
                    trigger("%hard")
                        + #","timingRange":{"low":{"value":1,"code":"wk"},"high":{"value":1,"code":"mo"}},"#
                        + #""condition":["# + condition("stop", "%record.ofType(Procedure).where(performed >= %moment)")
                        + "]")
                + "]"),
        action("playing", "stage", #""condition":["# + condition("applicability", "true") + "]"),
        action(
            "first-measure", "activity",
            #""timingDuration":{"value":1,"code":"mo"},"condition":["#
                + condition("stop", "%serves.where(effective >= %entered)") + "]"),
        action(
            "see-again", "activity",
            trigger("%hard") + #","timingDuration":{"value":14,"code":"d"},"condition":["#
                + condition("stop", "%serves.where(effective > %moment)") + "]"),
        action(
            "speed", "grade",
            trigger("%serves") + #","dynamicValue":[{"path":"prediction.qualitativeRisk","expression":"#
                + expr("iif(%basis.ofType(Observation).value.ofType(Quantity).value >= %hardServe, 'hard', 'soft')")
                + #"},{"path":"prediction.rationale","expression":"#
                + expr("%basis.ofType(Observation).value.ofType(Quantity).value.toString() & ' km/h'") + "}]"),
        action("member", "milestone"),
        action("fast", "milestone", trigger("%hard")),
    ]

    static func definition(
        _ actions: [String] = actions, id: String = "club", version: String = "1", migration: String? = nil
    ) -> String {
        let rule = migration.map {
            #",{"url":"https://healthbrain.dev/fhir/StructureDefinition/migration","valueCode":"\#($0)"}"#
        }
        func variable(_ name: String, _ expression: String) -> String {
            #"{"url":"http://hl7.org/fhir/StructureDefinition/variable","valueExpression":{"name":"\#(name)",\#(expr(expression).dropFirst())}"#
        }
        return """
            {"resourceType":"PlanDefinition","id":"\(id)","url":"https://healthbrain.dev/fhir/PlanDefinition/\(id)",\
            "version":"\(version)","title":"\(id)","status":"active",\
            "extension":[\(variable("serves", measured)),\
            \(variable("hard", "%serves.where(value.ofType(Quantity).value >= %hardServe)"))\(rule ?? "")],\
            "action":[\(actions.joined(separator: ","))]}
            """
    }

    static func pathway(_ setting: ProgrammeSetting) throws -> Pathway {
        try Pathway(document(definition()).root, setting, Definitions.r4())
    }

    static func pathway(
        _ actions: [String] = actions, id: String = "club", version: String = "1", migration: String? = nil
    ) throws -> Pathway {
        try Pathway(
            document(definition(actions, id: id, version: version, migration: migration)).root, setting,
            Definitions.r4())
    }

    // MARK: - Members

    static func member(died: String? = nil, city: String = "440100") -> String {
        """
        {"resourceType":"Patient","id":"m","birthDate":"1992-02-29","managingOrganization":{"reference":"Organization/club"},\
        "generalPractitioner":[{"reference":"Practitioner/coach"}]\(died.map { ",\"deceasedDateTime\":\"\($0)\"" } ?? ""),\
        "address":[{"extension":[{"url":"https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"\(city)"}]}]}
        """
    }

    static func encounter(_ id: String, _ kind: String, _ at: String) -> String {
        """
        {"resourceType":"Encounter","id":"\(id)","status":"finished","class":{"code":"\(kind)"},\
        "subject":{"reference":"Patient/m"},"period":{"start":"\(at)"}}
        """
    }

    static func serve(_ id: String, _ speed: Int, _ at: String, status: String = "final") -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"\(status)","code":{"coding":[{"code":"speed"}]},\
        "subject":{"reference":"Patient/m"},"effectiveDateTime":"\(at)",\
        "valueQuantity":{"value":\(speed),"unit":"km/h","system":"http://unitsofmeasure.org","code":"km/h"}}
        """
    }

    static func massage(_ id: String, _ at: String) -> String {
        """
        {"resourceType":"Procedure","id":"\(id)","status":"completed","code":{"text":"按摩"},\
        "subject":{"reference":"Patient/m"},"performedDateTime":"\(at)"}
        """
    }

    static func plan(_ facts: [String], on day: String) throws -> PersonPlan {
        try pathway().plan(record(facts), now: noon(day))
    }

    /// A record of facts.
    static func record(_ facts: [String]) throws -> PersonRecord {
        struct NoPerson: Error {}
        guard let record = PersonRecord(try facts.map { try document($0) }) else { throw NoPerson() }
        return record
    }
}

extension PersonPlan {
    /// The occurrences of an action, the earliest first.
    func of(_ part: String) -> [Occurrence] {
        occurrences.filter { $0.part == part }.sorted { $0.moment < $1.moment }
    }

    /// The same without what is only history of Tasks that were asked for once.
    var present: PersonPlan {
        var copy = self
        copy.occurrences.removeAll(where: \.isPast)
        return copy
    }
}

extension Occurrence {
    var dueDay: String { CivilDay(milliseconds: due).isoText }
    var openDay: String { CivilDay(milliseconds: opens).isoText }
}

/// A store in which pathways are followed.
struct House {
    let clock: TestClock
    let store: RecordStore
    let desk: PathwayDesk

    init(_ pathways: [Pathway], on day: String, looksAtWhole: Bool = false) async throws {
        let clock = TestClock(day)
        self.clock = clock
        let definitions = try Definitions.r4()
        store = try RecordStore(
            RecordStoreOptions(database: try testDatabase(), now: { clock.now }), definitions: definitions,
            projections: [PathwayTables(definitions, looked: Pathway.types(pathways))])
        desk = PathwayDesk(store, pathways, looksAtWhole: looksAtWhole)
        try await put(#"{"resourceType":"Organization","id":"club","name":"俱乐部"}"#)
        try await put(#"{"resourceType":"Practitioner","id":"coach","name":[{"text":"教练"}]}"#)
        try await put(
            #"{"resourceType":"Organization","id":"league","type":[{"coding":[{"code":"commission"}]}],"name":"联盟"}"#)
    }

    func put(_ text: String) async throws { try await put(document(text)) }

    func put(_ document: JSONDocument) async throws {
        let root = document.root
        _ = try await store.update(
            ResourceKey(type: root["resourceType"]?.string ?? "", id: root["id"]?.string ?? ""), document)
    }

    /// Sets the clock and looks at everybody who waits.
    @discardableResult
    func run(_ day: String? = nil) async throws -> PathwayDesk.Report {
        if let day { clock.set(day) }
        await store.settle()
        let report = try await desk.run(now: clock.now)
        // What was written may be a fact for another pathway, and is looked at once more.
        await store.settle()
        _ = try await desk.run(now: clock.now)
        await store.settle()
        return report
    }

    func all(_ type: String) throws -> [JSONNode] {
        try store.search(type: type, parameters: [("_count", "500")]).entries.map {
            try JSONDocument(parsing: $0.version.json()).root
        }
    }

    /// The Tasks of an action, or of an escalation of a kind, in order of their windows.
    func tasks(_ code: String) throws -> [JSONNode] {
        try all("Task").filter { $0["code"]?["coding"]?[0]?["code"]?.equals(code) == true }.sorted {
            ($0["restriction"]?["period"]?["start"]?.string ?? "")
                < ($1["restriction"]?["period"]?["start"]?.string ?? "")
        }
    }

    func plan() throws -> PersonPlan? { try desk.look("m", now: clock.now)?.plans.first }

    func answer(_ task: JSONNode, _ answer: PathwayDesk.Answer, reason: String = "") async throws {
        try await put(try PathwayDesk.answered(task, answer, reason: reason, at: clock.now))
    }
}
