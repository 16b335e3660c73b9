import Calendar
public import FHIR
import FHIRPath
public import JSON
import Series

/// A pathway, compiled from a PlanDefinition: when a person enters and leaves, where they stand, what somebody must do and by when.
public final class Pathway: Sendable {
    /// What becomes of open tasks when the definition changes.
    public enum Migration: String, Sendable {
        /// They stay as they were asked for.
        case keepOpenTasks = "keep-open-tasks"
        /// They become what the new definition asks for.
        case replan
    }

    /// The PlanDefinition's id.
    public let id: String
    /// Its canonical address.
    public let url: String
    /// Its version.
    public let version: String
    /// Its name.
    public let title: Words
    /// What becomes of open tasks when the definition changes.
    public let migration: Migration
    /// The actions in the order of the file.
    public let parts: [PathwayPart]
    /// Where measured values are to come to, as far as the definition says it.
    public let goals: [PathwayGoal]
    /// What it takes from its programme.
    public let setting: ProgrammeSetting
    /// Changes when the definition or what it takes from its programme does.
    public let fingerprint: String
    let variables: [String: PathwayExpression]
    /// Whether it asks for doses of series.
    public let asksForDoses: Bool
    /// Which variables the expressions use.
    let needs: VariableNeeds
    /// Which parts of the expressions are the same for every moment of a person.
    let variation: FHIRPathVariation
    /// Expressions that are the same for every moment of a person.
    let fixed: Set<ObjectIdentifier>
    /// The types of resources that it looks at; nil: every one.
    let types: Set<String>?
    /// What it can find in a record.
    let reading: PathwayReading
    private let places: [String: Int]
    /// The names of the parameters on which each action depends.
    let parametersUsed: [String: [String]]
    /// What of a record makes the moments of each action: numbers of its ``reading``.
    let momentReadings: [String: [Int]]

    /// `url|version`
    public var canonical: String { "\(url)|\(version)" }

    /// The part with an id.
    public func part(_ id: String) -> PathwayPart? { places[id].map { parts[$0] } }

    /// What can't be used of a PlanDefinition: each with the path of the element.
    public struct Faults: Error, Sendable, CustomStringConvertible {
        /// Path and fault.
        public let found: [(path: String, text: String)]
        /// One line each.
        public var description: String { found.map { "\($0.path): \($0.text)" }.joined(separator: "\n") }
    }

    /// Compiles a PlanDefinition.
    ///
    /// - Parameters:
    ///   - definition: the resource.
    ///   - setting: what it takes from its programme.
    /// - Throws: everything that keeps it from being followed.
    public init(_ definition: JSONNode, _ setting: ProgrammeSetting, _ definitions: Definitions) throws(Faults) {
        var reader = PathwayReader(definitions)
        id = definition["id"]?.string ?? ""
        url = definition["url"]?.string ?? "https://healthbrain.dev/fhir/PlanDefinition/\(id)"
        version = definition["version"]?.string ?? setting.version
        title = definition.words("title") ?? Words(zh: id)
        let rule = definition.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/migration")?.string
        migration = rule.flatMap { Migration(rawValue: $0) } ?? .replan
        self.setting = setting
        fingerprint = FactID.of(
            String(decoding: definition.rawText, as: UTF8.self), setting.version, "\(setting.escalation)",
            setting.parameters.sorted { $0.key < $1.key }.map { name, parameter in
                "\(name)="
                    + parameter.values.map { "\($0.from?.isoText ?? "")/\($0.city)/\($0.text)" }.joined(separator: ",")
            }.joined(separator: ";"), setting.doses.map { "\($0.fingerprint)" } ?? "")
        variables = reader.variables(definition, setting.doses)
        asksForDoses = !reader.doses.isEmpty
        parts = reader.parts(definition)
        let momentary = Self.momentary(variables)
        let varying = Set(setting.parameters.filter { $0.value.values.contains { $0.from != nil } }.keys)
        let expressions = Array(variables.values) + parts.flatMap(\.expressions)
        let changing = Self.scopeNames.union(momentary).union(varying)
        goals = reader.goals(definition)
        needs = VariableNeeds(
            expressions + goals.flatMap { [$0.low, $0.high].compactMap { $0 } }, variables: variables,
            doses: reader.doses, momentary: momentary, varying: varying, setting)
        fixed = Set(expressions.filter { $0.names.isDisjoint(with: changing) }.map(\.id))
        variation = FHIRPathVariation(expressions.map(\.compiled), varying: changing)
        types = Self.types(expressions, parts)
        reading = PathwayReading(expressions, parts)
        places = Dictionary(parts.enumerated().map { ($1.id, $0) }) { one, _ in one }
        parametersUsed = Self.parametersUsed(parts, variables, setting)
        momentReadings = Self.momentReadings(parts, variables, reading)
        reader.check(parts, variables, setting)
        if !parts.contains(where: { $0.kind == .entry }) { reader.fault("PlanDefinition.action", "nobody ever enters") }
        guard reader.faults.isEmpty else { throw Faults(found: reader.faults) }
    }

    /// What an action is asked with.
    static let scopeNames: Set<String> = ["moment", "basis", "entered", "opens", "due"]

    private static func momentary(_ variables: [String: PathwayExpression]) -> Set<String> {
        var found: Set<String> = []
        var grows = true
        while grows {
            let more = variables.filter { name, expression in
                !found.contains(name) && !expression.names.isDisjoint(with: scopeNames.union(found))
            }
            grows = !more.isEmpty
            found.formUnion(more.keys)
        }
        return found
    }
}

extension Pathway {
    /// The types of resources at which pathways look: a change of another one changes no plan. Nil where that is every type.
    public static func types(_ pathways: [Pathway]) -> Set<String>? {
        pathways.reduce(into: Optional(Set<String>())) { sum, pathway in
            if let own = pathway.types { sum?.formUnion(own) } else { sum = nil }
        }
    }

    /// What the engine writes and looks at itself.
    private static let ownTypes: Set<String> = [
        "Patient", "Task", "CarePlan", "RiskAssessment", "QuestionnaireResponse",
    ]

    /// The types of resources at which expressions look; nil where one may look at any.
    private static func types(_ expressions: [PathwayExpression], _ parts: [PathwayPart]) -> Set<String>? {
        var found = ownTypes.union(parts.flatMap(\.outputs))
        for expression in expressions {
            if expression.names.contains("record") || expression.text.contains("resolve(") { return nil }
            found.formUnion(expression.selections.values.map(\.type))
        }
        return found
    }
}
