import Calendar
import FHIR
public import JSON
public import Records
public import Syndromes

/// A contact as a FHIR Task, part of the signal's: its status and business status are the stage, its owner the centre that looks
/// after them, its requester the one that investigates, its inputs who and when, its outputs the dated steps. It is about no
/// Patient (no `for`), as a contact is no case and need not be in any record.
extension Contact {
    /// The code of the Task.
    public static let code = "contact-follow-up"
    private static let stageSystem = "https://healthbrain.dev/fhir/CodeSystem/contact-stage"
    private static let identifierSystem = "https://healthbrain.dev/fhir/sid/contact-follow-up"

    /// Parameters of the search for contacts, the latest changed first.
    /// - Parameters:
    ///   - signal: of one signal alone, by the id of its Task; nil for all.
    ///   - open: of those in which something is left to do, alone.
    public static func search(signal: String? = nil, open: Bool, count: Int) -> [(String, String)] {
        [("code", "\(Containing.system)|\(code)"), ("_count", "\(count)"), ("_sort", "-_lastUpdated")]
            + (signal.map { [("part-of", "Task/\($0)")] } ?? [])
            + (open ? [("status", "requested,in-progress")] : [])
    }

    /// A search that finds this contact where it is listed already: the same name and phone on the same signal.
    public var sameQuery: String { "identifier=\(Self.identifierSystem)%7C\(identifier)" }

    private var identifier: String {
        let whole = "\(name)\u{1F}\(phone)"
        let hash = whole.utf8.reduce(into: UInt64(14_695_981_039_346_656_037)) {
            $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return "\(signal)/\(hash)"
    }

    /// Reads a Task; nil for one that is no contact, or of a condition that isn't watched any more.
    public init?(_ version: Version, _ list: WatchList) throws {
        self.init(try JSONDocument(parsing: version.json()).root, list)
    }

    /// Reads a Task as a server gives it.
    public init?(_ task: JSONNode, _ list: WatchList) {
        guard task["code"]?["coding"]?[0]?["code"]?.equals(Self.code) == true else { return nil }
        let inputs = Containing.inputs(task)
        guard let condition = inputs["condition"]?["valueCoding"]?["code"]?.string.flatMap({ list[$0] }),
            let signal = (task["partOf"]?[0]?["reference"]?.string).flatMap({ ResourceKey(reference: $0) }),
            let stage = (task["businessStatus"]?["coding"]?[0]?["code"]?.string).flatMap({ ContactStage(rawValue: $0) }
            ),
            let name = inputs["name"]?["valueHumanName"]?["text"]?.string,
            let first = inputs["exposure"]?["valuePeriod"]?["start"]?.string.flatMap({ CivilDay($0) }),
            let last = inputs["exposure"]?["valuePeriod"]?["end"]?.string.flatMap({ CivilDay($0) }), first <= last
        else { return nil }
        let source = inputs["exposed-to"]?["valueReference"]
        self.init(
            id: task["id"]?.string ?? "", version: task["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0,
            signal: signal.id, condition: condition, name: name,
            phone: inputs["phone"]?["valueContactPoint"]?["value"]?.string ?? "",
            address: inputs["address"]?["valueAddress"]?["text"]?.string ?? "",
            district: inputs["district"]?["valueString"]?.string.flatMap { Int($0) } ?? 0,
            kind: inputs["kind"]?["valueCode"]?.string ?? "", exposedTo: source?["reference"]?.string,
            exposedToName: source?["display"]?.string ?? inputs["place"]?["valueString"]?.string ?? "",
            exposure: first...last, days: inputs["days"]?["valueInteger"]?.integer ?? 0,
            testsNeeded: inputs["tests"]?["valueInteger"]?.integer ?? 0, stage: stage,
            onset: inputs["onset"]?["valueDate"]?.string.flatMap { CivilDay($0) },
            person: inputs["person"]?["valueReference"]?["reference"]?.string,
            owner: task["owner"]?["reference"]?.string, requester: task["requester"]?["reference"]?.string,
            steps: (task["output"].map { Array($0.elements) } ?? []).reduce(into: []) { $0.read($1) })
    }

    /// The Task.
    /// - Parameter rules: they tell until when something is to be done.
    public func task(_ rules: ContactRules) throws -> JSONDocument {
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
        writer.key("partOf")
        writer.beginArray()
        writer.beginObject()
        writer.member("reference", string: "Task/\(signal)")
        writer.endObject()
        writer.endArray()
        writer.member("status", string: stage.status)
        writer.key("businessStatus")
        writer.concept(Self.stageSystem, stage.rawValue)
        writer.member("intent", string: "order")
        writer.member("priority", string: "urgent")
        writer.key("code")
        writer.concept(Containing.system, Self.code)
        writer.member("description", string: "Contact of \(condition.nameEn), \(district)")
        writer.member("authoredOn", string: Containing.text(listedAt))
        writer.member("lastModified", string: Containing.text(steps.map(\.at).max() ?? listedAt))
        writer.reference("requester", requester)
        writer.reference("owner", owner)
        if let due = due(rules) {
            writer.key("restriction")
            writer.beginObject()
            writer.key("period")
            writer.beginObject()
            writer.member("end", string: Containing.text(due))
            writer.endObject()
            writer.endObject()
        }
        writeInputs(to: &writer)
        writer.key("output")
        writer.beginArray()
        for step in steps { step.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }

    private func writeInputs(to writer: inout JSONWriter) {
        let system = Containing.system
        writer.key("input")
        writer.beginArray()
        writer.item(
            system, "condition", "valueCoding",
            [("system", Containing.conditionSystem), ("code", condition.id), ("display", condition.nameZh)])
        writer.item(system, "name", "valueHumanName", [("text", name)])
        if !phone.isEmpty {
            writer.item(system, "phone", "valueContactPoint", [("system", "phone"), ("value", phone)])
        }
        if !address.isEmpty { writer.item(system, "address", "valueAddress", [("text", address)]) }
        writer.item(system, "district", "valueString") { $0.string("\(district)") }
        writer.item(system, "kind", "valueCode") { $0.string(kind) }
        if let exposedTo {
            let display = exposedToName.isEmpty ? [] : [("display", exposedToName)]
            writer.item(system, "exposed-to", "valueReference", [("reference", exposedTo)] + display)
        } else if !exposedToName.isEmpty {
            writer.item(system, "place", "valueString") { $0.string(exposedToName) }
        }
        writer.item(
            system, "exposure", "valuePeriod",
            [("start", exposure.lowerBound.isoText), ("end", exposure.upperBound.isoText)])
        writer.item(system, "days", "valueInteger") { $0.integer(days) }
        writer.item(system, "tests", "valueInteger") { $0.integer(testsNeeded) }
        if let onset { writer.item(system, "onset", "valueDate") { $0.string(onset.isoText) } }
        if let person { writer.item(system, "person", "valueReference", [("reference", person)]) }
        writer.endArray()
    }
}

extension Contact.Step {
    private static let system = "https://healthbrain.dev/fhir/CodeSystem/contact-step"
    fileprivate static let temperatureCode = "temperature"

    /// Its code in the Task: of a follow-up what it found.
    public var code: String {
        switch what {
        case .listed: "listed"
        case .followed(let outcome): outcome.rawValue
        case .done(let action): action.rawValue
        }
    }

    /// The step, and the temperature that was measured at it.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.item(Self.system, code, "valueAnnotation") { $0.annotation(at: at, by: by, text: text) }
        guard let temperature else { return }
        writer.item(Self.system, Self.temperatureCode, "valueQuantity") { writer in
            writer.beginObject()
            writer.key("value")
            writer.decimal(text: "\(temperature)")
            writer.member("unit", string: "°C")
            writer.member("system", string: "http://unitsofmeasure.org")
            writer.member("code", string: "Cel")
            writer.endObject()
        }
    }
}

extension [Contact.Step] {
    /// Takes an output of the Task in; a temperature belongs to the step before it.
    fileprivate mutating func read(_ output: JSONNode) {
        guard let code = output["type"]?["coding"]?[0]?["code"]?.string else { return }
        if code == Contact.Step.temperatureCode, let last = popLast() {
            append(
                Contact.Step(
                    what: last.what, at: last.at, by: last.by, text: last.text,
                    temperature: output["valueQuantity"]?["value"]?.double))
            return
        }
        let what: Contact.Step.What? =
            code == "listed"
            ? .listed
            : ContactOutcome(rawValue: code).map { .followed($0) } ?? ContactAction(rawValue: code).map { .done($0) }
        guard let what, let annotation = output["valueAnnotation"], let at = Containing.instant(annotation["time"])
        else { return }
        let text = annotation["text"]?.string ?? ""
        append(
            Contact.Step(
                what: what, at: at, by: annotation["authorString"]?.string ?? "",
                text: text == Containing.nothing ? "" : text, temperature: nil))
    }
}
