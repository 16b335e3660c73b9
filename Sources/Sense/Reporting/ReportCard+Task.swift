public import Calendar
import FHIR
import Foundation
public import JSON
public import Records
public import Syndromes

/// A report card as a FHIR Task: its status and business status are the stage, its owner the institution, its requester the centre,
/// `for` the patient, `focus` what it stands on first, its restriction the time of the next step, its inputs the fields of the
/// card, its outputs the dated steps (Annotation).
extension ReportCard {
    /// The code of the Task.
    public static let code = "notifiable-disease-report"
    private static let system = "https://healthbrain.dev/fhir/CodeSystem/surveillance"
    private static let stageSystem = "https://healthbrain.dev/fhir/CodeSystem/report-stage"
    private static let fieldSystem = "https://healthbrain.dev/fhir/CodeSystem/report-card-field"
    private static let classSystem = "https://healthbrain.dev/fhir/CodeSystem/case-class"
    private static let diseaseSystem = "https://healthbrain.dev/fhir/CodeSystem/watched-condition"
    private static let icd10System = "http://hl7.org/fhir/sid/icd-10"
    /// Stands where a step says nothing.
    private static let nothing = "—"

    /// What names it: its first ground and the disease.
    static let identifierSystem = "https://healthbrain.dev/fhir/sid/report-card"
    /// The values of `business-status` of all that isn't dismissed, for a condition.
    static let openStages = ReportStage.allCases.filter { $0 != .dismissed }.map { "\(stageSystem)%7C\($0.code)" }
        .joined(separator: ",")
    var identifier: String { "\(grounds.first?.reference ?? patient)/\(disease.id)" }

    /// Parameters of the search for cards, those prepared last first.
    /// - Parameters:
    ///   - stages: only these; nil for all.
    ///   - days: prepared on these days alone (Asia/Shanghai).
    public static func search(
        _ stages: [ReportStage]? = nil, days: ClosedRange<CivilDay>? = nil, count: Int
    ) -> [(String, String)] {
        var found = [("code", "\(system)|\(code)"), ("_count", "\(count)"), ("_sort", "-authored-on")]
        if let stages {
            found.append(("business-status", stages.map { "\(stageSystem)|\($0.code)" }.joined(separator: ",")))
        }
        if let days {
            found.append(("authored-on", "ge\(text(days.lowerBound.startMilliseconds))"))
            found.append(("authored-on", "lt\(text(days.upperBound.advanced(by: 1).startMilliseconds))"))
        }
        return found
    }

    /// Whether a Task is a report card.
    static func isOne(_ task: JSONNode) -> Bool {
        task["code"]?["coding"]?[0]?["code"]?.equals(code) == true
            && task["code"]?["coding"]?[0]?["system"]?.equals(system) == true
    }

    /// Reads a Task; nil for one that is no report card, or of a disease that isn't watched any more.
    public init?(_ version: Version, _ list: WatchList) throws {
        self.init(try JSONDocument(parsing: version.json()).root, list)
    }

    /// Reads a Task as a server gives it.
    public init?(_ task: JSONNode, _ list: WatchList) {
        guard Self.isOne(task) else { return nil }
        var values: [String: String] = [:]
        var house: [String: JSONNode] = [:]
        var grounds: [Ground] = []
        for input in task["input"].map({ Array($0.elements) }) ?? [] {
            let coding = input["type"]?["coding"]?[0]
            guard let name = coding?["code"]?.string else { continue }
            if coding?["system"]?.equals(Self.fieldSystem) == true {
                values[name] = Self.value(input)
            } else if name == "ground" {
                let classification = (input["type"]?["coding"]?[1]?["code"]?.string).flatMap { CaseClass(code: $0) }
                if let reference = input["valueReference"]?["reference"]?.string {
                    grounds.append(Ground(reference: reference, classification: classification ?? .suspected))
                }
            } else {
                house[name] = input
            }
        }
        guard let disease = house["disease"]?["valueCoding"]?["code"]?.string.flatMap({ list[$0] }),
            let stage = (task["businessStatus"]?["coding"]?[0]?["code"]?.string).flatMap({ ReportStage(code: $0) }),
            let patient = task["for"]?["reference"]?.string,
            let diagnosedAt = Self.instant(house["diagnosed-at"]?["valueInstant"]),
            let deadline = Self.instant(house["deadline"]?["valueInstant"])
        else { return nil }
        let reason = task["reasonCode"]?["coding"]?[0]?["code"]?.string
        let version = task["meta"]?["versionId"]?.string.flatMap { Int($0) }
        let asked = house["asked"]?["valueInteger"]?.integer
        let steps = (task["output"].map { Array($0.elements) } ?? []).compactMap(Step.init)
        self.init(
            id: task["id"]?.string ?? "", version: version ?? 0, disease: disease, icd10: reason ?? "",
            patient: patient, grounds: grounds, values: values,
            district: house["district"]?["valueInteger"]?.integer ?? 0, stage: stage, diagnosedAt: diagnosedAt,
            deadline: deadline, due: Self.instant(task["restriction"]?["period"]?["end"]),
            isLate: house["late"]?["valueBoolean"]?.bool ?? false, asked: Question(rawValue: asked ?? 0),
            owner: task["owner"]?["reference"]?.string, requester: task["requester"]?["reference"]?.string,
            steps: steps)
    }

    private static func value(_ input: JSONNode) -> String? {
        for key in plain { if let text = input[key]?.string { return text } }
        for (key, member) in held { if let text = input[key]?[member]?.string { return text } }
        return nil
    }
    private static let plain: [JSONKey] = ["valueString", "valueCode", "valueDate", "valueDateTime"]
    private static let held: [(JSONKey, JSONKey)] = [
        ("valueHumanName", "text"), ("valueIdentifier", "value"), ("valueContactPoint", "value"),
        ("valueAddress", "text"),
    ]

    fileprivate static func instant(_ node: JSONNode?) -> Int64? {
        (node?.string).flatMap { FHIRDateTime($0)?.lowMilliseconds }
    }

    /// A moment as FHIR writes it, to the second.
    static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(milliseconds) / 1000).rounded(.down)).formatted(.iso8601)
    }

    /// The Task.
    public func task(_ form: ReportForm) throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Task")
        if !id.isEmpty { writer.member("id", string: id) }
        writer.key("identifier")
        writer.beginArray()
        writer.beginObject()
        writer.member("system", string: Self.identifierSystem)
        writer.member("value", string: identifier)
        writer.endObject()
        writer.endArray()
        writer.member("status", string: stage.status)
        writer.key("businessStatus")
        writer.concept([(Self.stageSystem, stage.code, nil)])
        writer.member("intent", string: "order")
        writer.member(
            "priority", string: isLate || form.hours(disease, subtype: values["subtype"]) <= 2 ? "stat" : "urgent")
        writer.key("code")
        writer.concept([(Self.system, Self.code, nil)])
        writer.member("description", string: explanation)
        if let first = grounds.first { writer.reference("focus", first.reference) }
        writer.reference("for", patient)
        writer.member("authoredOn", string: Self.text(preparedAt))
        writer.member("lastModified", string: Self.text(steps.last?.at ?? preparedAt))
        writer.reference("requester", requester)
        writer.reference("owner", owner)
        // It makes the card case data, and says by its words what is sensitive.
        writer.key("reasonCode")
        writer.concept([(Self.icd10System, icd10, disease.nameZh)])
        if let due {
            writer.key("restriction")
            writer.beginObject()
            writer.key("period")
            writer.beginObject()
            writer.member("end", string: Self.text(due))
            writer.endObject()
            writer.endObject()
        }
        writer.key("input")
        writer.beginArray()
        writeHouse(to: &writer)
        for field in form.fields {
            if let value = values[field.id], !value.isEmpty { writer.field(Self.fieldSystem, field, value) }
        }
        writer.endArray()
        writer.key("output")
        writer.beginArray()
        for step in steps {
            writer.input([(Self.stageSystem, step.code, nil)], "valueAnnotation") { writer in
                writer.beginObject()
                if !step.by.isEmpty { writer.member("authorString", string: step.by) }
                writer.member("time", string: Self.text(step.at))
                writer.member("text", string: step.text.isEmpty ? Self.nothing : step.text)
                writer.endObject()
            }
        }
        writer.endArray()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    private func writeHouse(to writer: inout JSONWriter) {
        writer.input([(Self.system, "disease", nil)], "valueCoding") { writer in
            writer.beginObject()
            writer.member("system", string: Self.diseaseSystem)
            writer.member("code", string: disease.id)
            writer.member("display", string: disease.nameZh)
            writer.endObject()
        }
        for ground in grounds {
            writer.input(
                [(Self.system, "ground", nil), (Self.classSystem, ground.classification.code, nil)], "valueReference"
            ) { writer in
                writer.beginObject()
                writer.member("reference", string: ground.reference)
                writer.endObject()
            }
        }
        for (name, moment) in [("diagnosed-at", diagnosedAt), ("deadline", deadline)] {
            writer.input([(Self.system, name, nil)], "valueInstant") { $0.string(Self.text(moment)) }
        }
        writer.input([(Self.system, "district", nil)], "valueInteger") { $0.integer(district) }
        writer.input([(Self.system, "asked", nil)], "valueInteger") { $0.integer(asked.rawValue) }
        writer.input([(Self.system, "late", nil)], "valueBoolean") { $0.bool(isLate) }
    }

    /// What is to be reported and until when, in English and without the person.
    public var explanation: String {
        "\(disease.nameEn) (\(disease.duty?.legalClass ?? "")), \(stage.code), report due \(Self.text(deadline))"
            + (isMissed ? ", missed" : isLate ? ", late" : "")
    }
}

extension ReportCard.Step {
    fileprivate init?(_ output: JSONNode) {
        guard let code = output["type"]?["coding"]?[0]?["code"]?.string, let annotation = output["valueAnnotation"],
            let at = ReportCard.instant(annotation["time"])
        else { return nil }
        let what: What
        switch code {
        case "prepared": what = .prepared
        case "late": what = .late
        case "correction-due": what = .asked
        default:
            guard let action = ReportAction(rawValue: code) else { return nil }
            what = .done(action)
        }
        let text = annotation["text"]?.string ?? ""
        self.init(what: what, at: at, by: annotation["authorString"]?.string ?? "", text: text == "—" ? "" : text)
    }

    /// Its code in the Task.
    public var code: String {
        switch what {
        case .prepared: "prepared"
        case .late: "late"
        case .asked: "correction-due"
        case .done(let action): action.rawValue
        }
    }
}

extension JSONWriter {
    fileprivate mutating func concept(_ codings: [(system: String, code: String, display: String?)]) {
        beginObject()
        key("coding")
        beginArray()
        for coding in codings {
            beginObject()
            member("system", string: coding.system)
            member("code", string: coding.code)
            if let display = coding.display { member("display", string: display) }
            endObject()
        }
        endArray()
        endObject()
    }

    fileprivate mutating func reference(_ name: String, _ reference: String?) {
        guard let reference else { return }
        key(name)
        beginObject()
        member("reference", string: reference)
        endObject()
    }

    fileprivate mutating func input(
        _ codings: [(system: String, code: String, display: String?)], _ member: String,
        _ value: (inout JSONWriter) -> Void
    ) {
        beginObject()
        key("type")
        concept(codings)
        key(member)
        value(&self)
        endObject()
    }

    /// A field in the type that masking knows: names, numbers, phones and addresses as such.
    fileprivate mutating func field(_ system: String, _ field: ReportForm.Field, _ value: String) {
        let codings = [(system: system, code: field.id, display: Optional(field.zh))]
        func object(_ name: String, _ members: [(String, String)]) {
            input(codings, name) { writer in
                writer.beginObject()
                for (key, value) in members { writer.member(key, string: value) }
                writer.endObject()
            }
        }
        switch field.kind {
        case .name: object("valueHumanName", [("text", value)])
        case .id: object("valueIdentifier", [("value", value)])
        case .phone: object("valueContactPoint", [("system", "phone"), ("value", value)])
        case .address: object("valueAddress", [("text", value)])
        case .date: input(codings, "valueDate") { $0.string(value) }
        case .dateTime: input(codings, "valueDateTime") { $0.string(value) }
        case .choice, .subtype: input(codings, "valueCode") { $0.string(value) }
        case .text: input(codings, "valueString") { $0.string(value) }
        }
    }
}
