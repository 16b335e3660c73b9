import Calendar
import FHIRPath
public import JSON

/// What stands in a person's record: current resources that weren't entered in error, by clinical date and then reference;
/// read so that one expression fits all who write.
public final class PersonRecord: Sendable {
    /// One resource.
    struct Entry: Sendable {
        let reference: String
        let type: String
        let root: JSONNode
        let moment: Moment?
        let value: FHIRPathValue
    }

    /// The Patient.
    public let patient: JSONNode
    /// The Patient's id.
    public let id: String
    /// The GB/T 2260 code of the person's district, or nearer the home; empty where it isn't known.
    public let city: String
    let entries: [Entry]
    let byReference: [String: Int]
    /// The places of the resources by their documents.
    private let byDocument: [ObjectIdentifier: Int]
    /// The places of the resources of a type.
    let byType: [String: [Int]]
    /// The places by type and code, `Observation http://loinc.org|85354-9`, or questionnaire.
    private let byKey: [String: [String: [Int]]]
    /// The house's Tasks by pathway, and then by the name of the occurrence, `action/moment`.
    let standing: [String: [String: StandingTask]]
    /// The house's Tasks by pathway, those that stand beside another of the same name included.
    let tasks: [String: [StandingTask]]
    /// RiskAssessments with the pathway that has made them.
    let grades: [(pathway: String, root: JSONNode)]
    /// The places of Tasks by the Task of which they are part.
    let parts: [String: [Int]]

    /// A record.
    /// - Parameter documents: the Patient and the resources about them, in any order.
    /// - Returns: nil where there is no Patient among them.
    public convenience init?(_ documents: [JSONDocument]) {
        self.init(documents, told: { _ in nil })
    }

    /// A record.
    /// - Parameter told: since when a diagnosis or a death without a date is known; nil: since this version of it.
    init?(_ documents: [JSONDocument], told: (JSONNode) throws -> Moment?) rethrows {
        var entries: [Entry] = []
        entries.reserveCapacity(documents.count)
        for document in documents {
            let root = try RecordReading.read(document, told: told).root
            guard let type = root["resourceType"]?.string, let id = root["id"]?.string, !Self.isInError(root) else {
                continue
            }
            entries.append(
                Entry(
                    reference: "\(type)/\(id)", type: type, root: root, moment: ClinicalDate.of(root),
                    value: .node(FHIRPathNode(root))))
        }
        guard let patient = entries.first(where: { $0.type == "Patient" }) else { return nil }
        // The person comes first.
        entries.sort { one, other in
            let (a, b) = (one.moment?.milliseconds ?? .max, other.moment?.milliseconds ?? .max)
            if (one.type == "Patient") != (other.type == "Patient") { return one.type == "Patient" }
            return a == b ? one.reference < other.reference : a < b
        }
        var byType: [String: [Int]] = [:]
        var byKey: [String: [String: [Int]]] = [:]
        var standing: [String: [String: StandingTask]] = [:]
        var parts: [String: [Int]] = [:]
        var tasks: [String: [StandingTask]] = [:]
        var grades: [(pathway: String, root: JSONNode)] = []
        for (place, entry) in entries.enumerated() {
            byType[entry.type, default: []].append(place)
            // Of Tasks there are many, and hardly ever one is asked for by its code.
            for key in entry.type == "Task" ? [] : Self.keys(entry.type, entry.root)
            where byKey[entry.type]?[key]?.last != place {
                byKey[entry.type, default: [:]][key, default: []].append(place)
            }
            if entry.type == "RiskAssessment" {
                let names = entry.root.list("identifier").filter {
                    $0["system"]?.equals(PathwayFacts.gradeSystem) == true
                }
                for name in names.compactMap({ $0["value"]?.string }) {
                    if let slash = name.firstIndex(of: "/") { grades.append((String(name[..<slash]), entry.root)) }
                }
            }
            guard entry.type == "Task" else { continue }
            for whole in entry.root.list("partOf").prefix(1) {
                if let reference = whole["reference"]?.string { parts[reference, default: []].append(place) }
            }
            guard let task = StandingTask(entry.root), let slash = task.name.firstIndex(of: "/") else { continue }
            let (pathway, key) = (String(task.name[..<slash]), String(task.name[slash...].dropFirst()))
            tasks[pathway, default: []].append(task)
            // After a merge there may be two: what a person has answered counts.
            if standing[pathway]?[key]?.outcome == nil { standing[pathway, default: [:]][key] = task }
        }
        self.entries = entries
        (self.byType, self.byKey, self.standing, self.parts) = (byType, byKey, standing, parts)
        (self.tasks, self.grades) = (tasks, grades)
        byReference = Dictionary(entries.enumerated().map { ($1.reference, $0) }) { one, _ in one }
        byDocument = Dictionary(entries.enumerated().map { (ObjectIdentifier($1.root.document), $0) }) { one, _ in one }
        self.patient = patient.root
        id = String(patient.reference.dropFirst("Patient/".count))
        city = Self.division(of: patient.root)
    }

    /// Whether another Patient stands for this one, since a merge.
    var isReplaced: Bool {
        patient["active"]?.kind == .false && patient.list("link").contains { $0["type"]?.equals("replaced-by") == true }
    }

    /// By what a resource is found among those of its type.
    static func keys(_ type: String, _ root: JSONNode) -> [String] {
        if type == "QuestionnaireResponse" { return [root["questionnaire"]?.string].compactMap { $0 } }
        guard let codings = root["code"]?["coding"] else { return [] }
        return codings.elements.compactMap { coding in
            guard let system = coding["system"]?.string, let code = coding["code"]?.string else { return nil }
            return "\(system)|\(code)"
        }
    }

    /// Whether a resource is none: written by mistake, or an observation that wasn't made or isn't there yet.
    private static func isInError(_ root: JSONNode) -> Bool {
        let status = root["status"]
        if root["resourceType"]?.equals("Observation") == true,
            status?.equals("cancelled") == true || status?.equals("registered") == true
        {
            return true
        }
        return status?.equals("entered-in-error") == true
            || root["verificationStatus"]?["coding"]?.elements.contains {
                $0["code"]?.equals("entered-in-error") == true
            }
                == true
    }

    /// The longest division code among a resource's addresses.
    static func division(of root: JSONNode) -> String {
        let url = "https://healthbrain.dev/fhir/StructureDefinition/division"
        let codes = root.list("address").compactMap { $0.extensionValue(url)?.string }
        return codes.max { $0.utf8.count < $1.utf8.count } ?? ""
    }

    func entry(_ reference: String) -> Entry? { byReference[reference].map { entries[$0] } }

    /// The place of a value that is a whole resource of the record; nil of others.
    func place(_ value: FHIRPathValue) -> Int? {
        guard let node = value.node, let place = byDocument[ObjectIdentifier(node.document)],
            entries[place].root.identity == node.identity
        else { return nil }
        return place
    }

    /// The resources of a type, the earliest first.
    func roots(_ type: String) -> [JSONNode] { byType[type]?.map { entries[$0].root } ?? [] }

    /// The resources of a day, Patients left out.
    func entries(on day: CivilDay) -> ArraySlice<Entry> {
        func place(_ at: Int64) -> Int {
            // They stand in the order of time, those without any at the end.
            var (low, high) = (byType["Patient"]?.count ?? 0, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if (entries[middle].moment?.milliseconds ?? .max) < at { low = middle + 1 } else { high = middle }
            }
            return low
        }
        return entries[place(day.startMilliseconds)..<place(day.advanced(by: 1).startMilliseconds)]
    }

    /// The values that a selection means at most, in the order of the record.
    func values(_ selection: RecordSelection) -> [FHIRPathValue] {
        let places: [Int]
        switch selection.key {
        case .all: places = byType[selection.type] ?? []
        case .codes(let codes) where selection.type == "Task":
            places = (byType["Task"] ?? []).filter { place in
                Self.keys("Task", entries[place].root).contains { codes.contains($0) }
            }
        case .codes(let codes):
            let found = codes.compactMap { byKey[selection.type]?[$0] }
            places = found.count < 2 ? found.first ?? [] : Set(found.joined()).sorted()
        case .questionnaire(let beginning):
            let found = byKey[selection.type]?.filter { $0.key.hasPrefix(beginning) }.map(\.value) ?? []
            places = found.count < 2 ? found.first ?? [] : found.joined().sorted()
        }
        return places.map { entries[$0].value }
    }
}
