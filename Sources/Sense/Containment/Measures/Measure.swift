import Calendar
import FHIR
public import JSON
public import Records
public import Signals

/// What is done against an outbreak: who does what until when, and what came of it. A FHIR Task that is part of the signal's.
public struct Measure: Sendable, Hashable, Identifiable {
    /// What sort of measure. The list is the house's own.
    public enum Kind: String, Sendable, CaseIterable {
        case isolation, disinfection, closure, prophylaxis, sampling, foodWater = "food-water", vectors, education,
            supervision, retest,
            other
    }

    /// Where it stands.
    public enum Stage: String, Sendable, CaseIterable {
        case planned, done, dropped

        /// `Task.status`.
        var status: String {
            switch self {
            case .planned: "requested"
            case .done: "completed"
            case .dropped: "cancelled"
            }
        }
    }

    /// A dated step.
    public struct Step: Sendable, Hashable {
        /// Where the measure came to stand by it.
        public let stage: Stage
        /// When, in milliseconds since 1970 UTC.
        public let at: Int64
        /// Who told it.
        public let by: String
        /// What came of it, or why it was dropped.
        public let text: String
    }

    /// Why a measure or a step was refused.
    public enum Refusal: String, Error, Sendable, CaseIterable {
        /// The words are missing.
        case text
        /// Nobody is named who does it.
        case who
        /// The time is missing or past.
        case due
        /// It is done or dropped already.
        case stage
        /// The signal has ended.
        case ended
    }

    /// The Task's id.
    public var id: String
    /// The version that was read; 0 for one that isn't stored.
    public var version: Int
    /// The id of the signal's Task.
    public let signal: String
    /// What sort.
    public let kind: Kind
    /// What is done, and where.
    public let text: String
    /// Who does it.
    public let who: String
    /// Until when, in milliseconds since 1970 UTC.
    public let due: Int64
    /// `Organization/…` that answers for it, and the one above.
    public let owner: String?
    /// The same of the one above.
    public let requester: String?
    /// Where it stands.
    public private(set) var stage: Stage
    /// Its life, the planning first.
    public private(set) var steps: [Step]

    /// Whether its time is over and it isn't done.
    public func isLate(at now: Int64) -> Bool { stage == .planned && due < now }

    /// When it was done; nil where it wasn't.
    public var doneAt: Int64? { steps.last { $0.stage == .done }?.at }

    /// A measure of a signal.
    /// - Parameter now: milliseconds since 1970 UTC.
    public init(
        of signal: Signal, _ kind: Kind, text: String, who: String, due: Int64, by: String, now: Int64
    ) throws(Refusal) {
        guard signal.stage.isOpen else { throw .ended }
        guard !text.isEmpty else { throw .text }
        guard !who.isEmpty else { throw .who }
        guard due > now else { throw .due }
        (id, version, self.signal, self.kind, self.text) = ("", 0, signal.id, kind, text)
        (self.who, self.due, owner, requester, stage) = (who, due, signal.owner, signal.requester, .planned)
        steps = [Step(stage: .planned, at: now, by: by, text: "")]
    }

    /// Tells that it is done, or dropped, and what came of it.
    public mutating func end(_ stage: Stage, by: String, text: String, now: Int64) throws(Refusal) {
        guard self.stage == .planned, stage != .planned else { throw .stage }
        guard !text.isEmpty else { throw .text }
        self.stage = stage
        steps.append(Step(stage: stage, at: now, by: by, text: text))
    }

    // MARK: - As a Task

    /// The code of the Task.
    public static let code = "response-measure"
    private static let stageSystem = "https://healthbrain.dev/fhir/CodeSystem/measure-stage"

    /// Parameters of the search for the measures of a signal, or of all.
    public static func search(signal: String?, count: Int) -> [(String, String)] {
        [("code", "\(Containing.system)|\(code)"), ("_count", "\(count)"), ("_sort", "-_lastUpdated")]
            + (signal.map { [("part-of", "Task/\($0)")] } ?? [])
    }

    /// Reads a Task; nil for one that is no measure.
    public init?(_ version: Version) throws {
        self.init(try JSONDocument(parsing: version.json()).root)
    }

    /// Reads a Task as a server gives it.
    public init?(_ task: JSONNode) {
        guard task["code"]?["coding"]?[0]?["code"]?.equals(Self.code) == true,
            let signal = (task["partOf"]?[0]?["reference"]?.string).flatMap({ ResourceKey(reference: $0) }),
            let stage = (task["businessStatus"]?["coding"]?[0]?["code"]?.string).flatMap({ Stage(rawValue: $0) })
        else { return nil }
        let inputs = Containing.inputs(task)
        id = task["id"]?.string ?? ""
        version = task["meta"]?["versionId"]?.string.flatMap { Int($0) } ?? 0
        self.signal = signal.id
        kind = (inputs["kind"]?["valueCode"]?.string).flatMap { Kind(rawValue: $0) } ?? .other
        text = task["description"]?.string ?? ""
        who = inputs["who"]?["valueString"]?.string ?? ""
        due = Containing.instant(task["restriction"]?["period"]?["end"]) ?? 0
        owner = task["owner"]?["reference"]?.string
        requester = task["requester"]?["reference"]?.string
        self.stage = stage
        steps = (task["output"].map { Array($0.elements) } ?? []).compactMap { output in
            guard let stage = (output["type"]?["coding"]?[0]?["code"]?.string).flatMap({ Stage(rawValue: $0) }),
                let note = output["valueAnnotation"], let at = Containing.instant(note["time"])
            else { return nil }
            let text = note["text"]?.string ?? ""
            return Step(
                stage: stage, at: at, by: note["authorString"]?.string ?? "",
                text: text == Containing.nothing ? "" : text)
        }
    }

    /// The Task.
    public func task() throws -> JSONDocument {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Task")
        if !id.isEmpty { writer.member("id", string: id) }
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
        writer.key("code")
        writer.concept(Containing.system, Self.code)
        writer.member("description", string: text)
        writer.member("authoredOn", string: Containing.text(steps.first?.at ?? 0))
        writer.member("lastModified", string: Containing.text(steps.last?.at ?? 0))
        writer.reference("requester", requester)
        writer.reference("owner", owner)
        writer.key("restriction")
        writer.beginObject()
        writer.key("period")
        writer.beginObject()
        writer.member("end", string: Containing.text(due))
        writer.endObject()
        writer.endObject()
        writer.key("input")
        writer.beginArray()
        writer.item(Containing.system, "kind", "valueCode") { $0.string(kind.rawValue) }
        writer.item(Containing.system, "who", "valueString") { $0.string(who) }
        writer.endArray()
        writer.key("output")
        writer.beginArray()
        for step in steps {
            writer.item(Self.stageSystem, step.stage.rawValue, "valueAnnotation") {
                $0.annotation(at: step.at, by: step.by, text: step.text)
            }
        }
        writer.endArray()
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}
