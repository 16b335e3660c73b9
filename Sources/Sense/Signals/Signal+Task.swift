import Calendar
import FHIR
import Foundation
public import JSON
public import Records
public import Syndromes

/// A signal as a FHIR Task: its status and business status are the stage, its owner the centre that answers for it, its
/// restriction the time allowed, its inputs what was found, its outputs the dated steps (Annotation).
extension Signal {
    /// The code of the Task.
    public static let code = "surveillance-signal"
    private static let system = "https://healthbrain.dev/fhir/CodeSystem/surveillance"
    private static let stageSystem = "https://healthbrain.dev/fhir/CodeSystem/signal-stage"
    fileprivate static let conditionSystem = "https://healthbrain.dev/fhir/CodeSystem/watched-condition"
    private static let reasonSystem = "https://healthbrain.dev/fhir/CodeSystem/false-alarm-reason"
    /// Stands where a step says nothing.
    private static let nothing = "—"

    /// What names it: condition, district and first day.
    static let identifierSystem = "https://healthbrain.dev/fhir/sid/surveillance-signal"
    var identifier: String {
        let place = "\(condition.id)/\(district)/\(window.lowerBound.isoText)"
        return switch cause {
        case .counts: place
        case .population: "\(place)/population"
        case .unit(let name), .overdue(let name), .site(let name):
            "\(place)/\(cause.code)/\(name.utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) { $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211 })"
        }
    }

    /// Parameters of the search for signals, the latest changed first.
    /// - Parameter open: of those in which something is left to do, alone.
    public static func search(open: Bool, count: Int) -> [(String, String)] {
        [("code", "\(system)|\(code)"), ("_count", "\(count)"), ("_sort", "-_lastUpdated")]
            + (open ? [("status", "requested,accepted,in-progress")] : [])
    }

    /// Reads a Task; nil for one that is no signal, or of a condition that isn't watched any more.
    public init?(_ version: Version, _ list: WatchList) throws {
        self.init(try JSONDocument(parsing: version.json()).root, list)
    }

    /// Reads a Task as a server gives it.
    public init?(_ task: JSONNode, _ list: WatchList) {
        guard task["code"]?["coding"]?[0]?["code"]?.equals(Self.code) == true else { return nil }
        var inputs: [String: JSONNode] = [:]
        for input in task["input"].map({ Array($0.elements) }) ?? [] {
            if let name = input["type"]?["coding"]?[0]?["code"]?.string { inputs[name] = input }
        }
        guard let condition = inputs["condition"]?["valueCoding"]?["code"]?.string.flatMap({ list[$0] }),
            let stage = (task["businessStatus"]?["coding"]?[0]?["code"]?.string).flatMap({ SignalStage(rawValue: $0) }),
            let from = inputs["window"]?["valuePeriod"]?["start"]?.string.flatMap({ CivilDay($0) }),
            let until = inputs["window"]?["valuePeriod"]?["end"]?.string.flatMap({ CivilDay($0) }), from <= until
        else { return nil }
        func integer(_ name: String) -> Int? { inputs[name]?["valueInteger"]?.integer }
        func decimal(_ name: String) -> Double { inputs[name]?["valueDecimal"]?.double ?? 0 }
        self.init(
            id: task["id"]?.string ?? "", version: task["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0,
            condition: condition,
            district: inputs["district"]?["valueString"]?.string.flatMap { Int($0) } ?? 0,
            age: integer("age").flatMap { AgeGroup(rawValue: $0) }, window: from...until, count: integer("count") ?? 0,
            peak: integer("peak") ?? 0, expected: decimal("expected"), upper: decimal("upper"), p: decimal("p"),
            isRuled: inputs["rule"]?["valueBoolean"]?.bool ?? false,
            cause: inputs["unit"]?["valueString"]?.string.map { .unit($0) }
                ?? inputs["overdue"]?["valueString"]?.string.map { .overdue($0) }
                ?? inputs["site"]?["valueString"]?.string.map { .site($0) }
                ?? (inputs["population"] == nil ? .counts : .population),
            source: integer("source").map { EventSource(rawValue: $0) } ?? .diagnosis, stage: stage,
            assignee: inputs["assignee"]?["valueString"]?.string ?? "",
            due: Self.instant(task["restriction"]?["period"]?["end"]), owner: task["owner"]?["reference"]?.string,
            requester: task["requester"]?["reference"]?.string,
            steps: (task["output"].map { Array($0.elements) } ?? []).compactMap(Step.init),
            reason: (task["statusReason"]?["coding"]?[0]?["code"]?.string).flatMap { FalseAlarmReason(rawValue: $0) },
            isUntaught: inputs["untaught"]?["valueBoolean"]?.bool ?? false,
            parts: (task["input"].map { Array($0.elements) } ?? []).compactMap { Part($0, list) })
    }

    fileprivate static func instant(_ node: JSONNode?) -> Int64? {
        (node?.string).flatMap { FHIRDateTime($0)?.lowMilliseconds }
    }

    fileprivate static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: (Double(milliseconds) / 1000).rounded(.down)).formatted(.iso8601)
    }

    /// The Task.
    public func task() throws -> JSONDocument {
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
        if let reason {
            writer.key("statusReason")
            writer.concept(Self.reasonSystem, reason.rawValue)
        }
        writer.key("businessStatus")
        writer.concept(Self.stageSystem, stage.rawValue)
        writer.member("intent", string: "order")
        writer.member("priority", string: isRuled ? "stat" : "urgent")
        writer.key("code")
        writer.concept(Self.system, Self.code)
        writer.member("description", string: explanation)
        writer.member("authoredOn", string: Self.text(detectedAt))
        writer.member("lastModified", string: Self.text(steps.last?.at ?? detectedAt))
        writer.reference("requester", requester)
        writer.reference("owner", owner)
        if let due {
            writer.key("restriction")
            writer.beginObject()
            writer.key("period")
            writer.beginObject()
            writer.member("end", string: Self.text(due))
            writer.endObject()
            writer.endObject()
        }
        writeInputs(to: &writer)
        writer.key("output")
        writer.beginArray()
        for step in steps { write(step, to: &writer) }
        writer.endArray()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    private func writeInputs(to writer: inout JSONWriter) {
        writer.key("input")
        writer.beginArray()
        writer.input(Self.system, "condition", "valueCoding") { $0.coding(condition) }
        writer.input(Self.system, "district", "valueString") { $0.string("\(district)") }
        if let age { writer.input(Self.system, "age", "valueInteger") { $0.integer(age.rawValue) } }
        writer.input(Self.system, "window", "valuePeriod") { writer in
            writer.beginObject()
            writer.member("start", string: window.lowerBound.isoText)
            writer.member("end", string: window.upperBound.isoText)
            writer.endObject()
        }
        for (name, value) in [("count", count), ("peak", peak), ("source", source.rawValue)] {
            writer.input(Self.system, name, "valueInteger") { $0.integer(value) }
        }
        for (name, value) in [("expected", expected), ("upper", upper), ("p", p)] {
            writer.input(Self.system, name, "valueDecimal") { $0.decimal(text: value.isFinite ? "\(value)" : "0") }
        }
        writer.input(Self.system, "rule", "valueBoolean") { $0.bool(isRuled) }
        for part in parts { write(part, to: &writer) }
        switch cause {
        case .counts: break
        case .population: writer.input(Self.system, cause.code, "valueBoolean") { $0.bool(true) }
        case .unit(let name), .overdue(let name), .site(let name):
            writer.input(Self.system, cause.code, "valueString") { $0.string(name) }
        }
        if isUntaught { writer.input(Self.system, "untaught", "valueBoolean") { $0.bool(true) } }
        if !assignee.isEmpty { writer.input(Self.system, "assignee", "valueString") { $0.string(assignee) } }
        writer.endArray()
    }

    private func write(_ part: Part, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("extension")
        writer.beginArray()
        writer.beginObject()
        writer.member("url", string: Part.url)
        writer.key("extension")
        writer.beginArray()
        writer.extension("since", "valueInstant") { $0.string(Self.text(part.since)) }
        if let age = part.age { writer.extension("age", "valueInteger") { $0.integer(age.rawValue) } }
        for (name, value) in [("source", part.source.rawValue), ("count", part.count)] {
            writer.extension(name, "valueInteger") { $0.integer(value) }
        }
        for (name, value) in [("expected", part.expected), ("upper", part.upper), ("p", part.p)] {
            writer.extension(name, "valueDecimal") { $0.decimal(text: value.isFinite ? "\(value)" : "0") }
        }
        writer.endArray()
        writer.endObject()
        writer.endArray()
        writer.key("type")
        writer.concept(Self.system, Part.code)
        writer.key("valueCoding")
        writer.coding(part.condition)
        writer.endObject()
    }

    private func write(_ step: Step, to writer: inout JSONWriter) {
        writer.input(Self.stageSystem, step.stage.rawValue, "valueAnnotation") { writer in
            writer.beginObject()
            if !step.by.isEmpty { writer.member("authorString", string: step.by) }
            writer.member("time", string: Self.text(step.at))
            writer.member("text", string: step.text.isEmpty ? Self.nothing : step.text)
            writer.endObject()
        }
    }

    /// What rose, against what, where and among whom, in English.
    public var explanation: String {
        let place = district == 0 ? "the whole city" : "\(district)"
        switch cause {
        case .counts: break
        case .unit(let name):
            return
                "\(condition.nameEn), \(name) (\(place)): \(count) persons on report cards in the days to "
                + "\(window.upperBound.isoText), told by the rule of events"
        case .overdue(let name):
            return "\(condition.nameEn), \(name) (\(place)): \(count) report cards past their legal time"
        case .site(let name):
            return "\(condition.nameEn), \(name) (\(place)): \(count) in the days to \(window.upperBound.isoText)"
        case .population:
            return
                "\(condition.nameEn), \(place): \(count) to \(window.upperBound.isoText), against "
                + "\((expected * 10).rounded() / 10); p \(Self.short(p))"
        }
        let also = parts.map { part in
            "; with it \(part.condition.nameEn)\(Self.among(part.age)): \(Self.counted(part.count, part.source)), "
                + Self.usual(part.expected, part.upper, part.p)
        }
        let usual = isRuled ? "told by the rule of events" : Self.usual(expected, upper, p)
        return "\(condition.nameEn), \(place)\(Self.among(age)): \(Self.counted(count, source)) in the days to "
            + "\(window.upperBound.isoText), \(usual)\(also.joined())"
    }

    private static func among(_ age: AgeGroup?) -> String { age.map { ", aged \($0.name)" } ?? "" }

    private static func counted(_ count: Int, _ source: EventSource) -> String {
        "\(count) \(source.countsPersons ? "persons (\(source.name))" : source.name)"
    }

    private static func usual(_ expected: Double, _ upper: Double, _ p: Double) -> String {
        "\((expected * 10).rounded() / 10) usual, at most \(Int(upper)); p \(short(p))"
    }

    /// A probability with two digits.
    public static func short(_ p: Double) -> String {
        guard p > 0 else { return "0" }
        guard p < 0.001 else { return "\((p * 1000).rounded() / 1000)" }
        let power = log10(p).rounded(.down)
        return "\((p / pow(10, power) * 10).rounded() / 10)e\(Int(power))"
    }
}

extension Signal.Cause {
    /// The code of the input that names it.
    fileprivate var code: String {
        switch self {
        case .counts: "counts"
        case .unit: "unit"
        case .overdue: "overdue"
        case .site: "site"
        case .population: "population"
        }
    }
}

extension Signal.Part {
    fileprivate static let code = "also"
    fileprivate static let url = "https://healthbrain.dev/fhir/StructureDefinition/signal-part"

    /// Reads an input; nil for one of something else, or of a condition that isn't watched any more.
    fileprivate init?(_ input: JSONNode, _ list: WatchList) {
        guard input["type"]?["coding"]?[0]?["code"]?.equals(Self.code) == true,
            let condition = input["valueCoding"]?["code"]?.string.flatMap({ list[$0] })
        else { return nil }
        var values: [String: JSONNode] = [:]
        for item in input["extension"]?[0]?["extension"].map({ Array($0.elements) }) ?? [] {
            if let name = item["url"]?.string { values[name] = item }
        }
        func integer(_ name: String) -> Int? { values[name]?["valueInteger"]?.integer }
        func decimal(_ name: String) -> Double { values[name]?["valueDecimal"]?.double ?? 0 }
        self.init(
            condition: condition, since: Signal.instant(values["since"]?["valueInstant"]) ?? 0,
            age: integer("age").flatMap { AgeGroup(rawValue: $0) },
            source: integer("source").map { EventSource(rawValue: $0) } ?? .diagnosis, count: integer("count") ?? 0,
            expected: decimal("expected"), upper: decimal("upper"), p: decimal("p"))
    }
}

extension Signal.Step {
    fileprivate init?(_ output: JSONNode) {
        guard let stage = (output["type"]?["coding"]?[0]?["code"]?.string).flatMap({ SignalStage(rawValue: $0) }),
            let annotation = output["valueAnnotation"], let at = Signal.instant(annotation["time"])
        else { return nil }
        let text = annotation["text"]?.string ?? ""
        self.init(
            stage: stage, at: at, by: annotation["authorString"]?.string ?? "", text: text == "—" ? "" : text)
    }
}

extension JSONWriter {
    fileprivate mutating func concept(_ system: String, _ code: String) {
        beginObject()
        key("coding")
        beginArray()
        beginObject()
        member("system", string: system)
        member("code", string: code)
        endObject()
        endArray()
        endObject()
    }

    fileprivate mutating func coding(_ condition: WatchedCondition) {
        beginObject()
        member("system", string: Signal.conditionSystem)
        member("code", string: condition.id)
        member("display", string: condition.nameZh)
        endObject()
    }

    fileprivate mutating func `extension`(_ url: String, _ member: String, _ value: (inout JSONWriter) -> Void) {
        beginObject()
        self.member("url", string: url)
        key(member)
        value(&self)
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
        _ system: String, _ code: String, _ member: String, _ value: (inout JSONWriter) -> Void
    ) {
        beginObject()
        key("type")
        concept(system, code)
        key(member)
        value(&self)
        endObject()
    }
}
