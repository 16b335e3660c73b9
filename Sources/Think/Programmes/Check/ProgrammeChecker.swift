public import FHIR
public import JSON
import Terminology
import UCUM
import Validation

/// Checks that the parts of a programme are right and fit together, and tells all faults at once.
public struct ProgrammeChecker: Sendable {
    /// The tables that resources and expressions are checked against.
    public let definitions: Definitions
    private let known: [JSONDocument]

    /// - Parameters:
    ///   - definitions: the tables that resources and expressions are checked against.
    ///   - known: definitions from elsewhere that the programme may refer to: code systems, value sets, questionnaires.
    public init(definitions: Definitions, known: [JSONDocument] = []) {
        self.definitions = definitions
        self.known = known
    }

    /// Every fault of a programme that was read, in the order of its files and lines.
    public func faults(of programme: Programme) -> [ProgrammeFault] {
        let documents = programme.files.map(\.document) + known
        let terminology = TerminologyService(
            source: ListedTerminology(documents), definitions: definitions,
            grammars: [UCUM.system: { UCUM.isValid($0) }])
        var run = CheckRun(programme, definitions, terminology, known)
        do throws(DefinitionsError) {
            let validator = try ResourceValidator(definitions: definitions, terminology: terminology)
            run.resources(validator)
            for file in programme.files(.scenarios) { run.given(file, validator) }
        } catch {
            run.faults.append(ProgrammeFault(.resource, file: "programme.yaml", "R4's own tables: \(error)"))
        }
        run.systems()
        run.escalation()
        run.series()
        for file in programme.files(.pathways) where file.resourceType == "PlanDefinition" { run.pathway(file) }
        for file in programme.files(.questionnaires) where file.resourceType == "Questionnaire" {
            run.questionnaire(file)
        }
        for file in programme.files(.scenarios) { run.scenario(file) }
        run.unused()
        return ProgrammeFault.sorted(run.faults)
    }
}

/// One check of one programme: what was found, and which names were used.
struct CheckRun {
    let programme: Programme
    let definitions: Definitions
    let terminology: TerminologyService
    /// The canonical URLs from elsewhere.
    let knownURLs: Set<String>
    /// Definitions from elsewhere.
    let known: [JSONDocument]
    let parameterNames: [String]
    var faults: [ProgrammeFault] = []
    var usedParameters: Set<String> = []
    var usedRoles: Set<String> = []
    var usedSources: Set<String> = []

    init(
        _ programme: Programme, _ definitions: Definitions, _ terminology: TerminologyService, _ known: [JSONDocument]
    ) {
        self.programme = programme
        self.definitions = definitions
        self.terminology = terminology
        self.known = known
        knownURLs = Set(known.compactMap { $0.root["url"]?.string })
        // Parameters that could not be read are told of already; what uses them is not at fault.
        let written = programme.manifest?.document.root["parameters"]?.members.compactMap { $0.key.string } ?? []
        parameterNames = written.filter { !$0.isEmpty }
    }

    mutating func tell(
        _ file: ProgrammeFile, _ kind: ProgrammeFault.Kind, _ path: String, _ node: JSONNode?, row: Int = 1,
        _ message: String, hint: String = "", _ severity: ProgrammeFault.Severity = .error
    ) {
        faults.append(file.fault(kind, path, at: node, row: row, message, hint: hint, severity: severity))
    }

    func near(_ name: String, _ names: [String]) -> String {
        if let near = Nearness.nearest(to: name, among: names) { return "is \(near) meant?" }
        return names.isEmpty ? "" : "known here: \(names.sorted().joined(separator: ", "))"
    }

    // Names of the manifest

    mutating func role(_ file: ProgrammeFile, _ id: String, _ path: String, _ node: JSONNode?) {
        usedRoles.insert(id)
        guard programme.role(id) == nil else { return }
        tell(
            file, .reference, path, node, "there is no role \(id)", hint: near(id, programme.roles.map(\.id)))
    }

    mutating func source(_ file: ProgrammeFile, _ id: String, _ path: String, _ node: JSONNode?) {
        usedSources.insert(id)
        guard programme.source(id) == nil else { return }
        tell(
            file, .reference, path, node, "there is no source \(id)", hint: near(id, programme.sources.map(\.id)))
    }

    // Escalation of the whole programme

    mutating func escalation() {
        usedRoles.formUnion(programme.escalation.map(\.role))
        usedSources.formUnion(programme.escalation.map(\.source))
        guard let manifest = programme.manifest else { return }
        for (position, pair) in zip(programme.escalation, programme.escalation.dropFirst()).enumerated()
        where pair.1.after.days < pair.0.after.days {
            tell(
                manifest, .escalation, "escalation[\(position + 1)].after",
                manifest.document.root["escalation"]?[position + 1],
                "the step after \(pair.1.after) stands behind the one after \(pair.0.after)",
                hint: "write the steps in the order of time")
        }
    }

    // What nobody uses

    mutating func unused() {
        guard let manifest = programme.manifest, programme.unreadable.isEmpty else { return }
        let root = manifest.document.root
        for parameter in programme.parameters {
            usedSources.insert(parameter.source)
            usedSources.formUnion(parameter.values.map(\.source))
        }
        func warn(_ part: JSONKey, _ names: [String], _ used: Set<String>, _ what: String) {
            for name in names where !used.contains(name) {
                let path = "\(part.string).\(name)"
                faults.append(
                    manifest.fault(
                        .unused, path, at: root[part]?[JSONKey(name)], "\(what) \(name) is used nowhere",
                        severity: .warning))
            }
        }
        warn("parameters", programme.parameters.map(\.name), usedParameters, "the parameter")
        warn("roles", programme.roles.map(\.id), usedRoles, "the role")
        warn("sources", programme.sources.map(\.id), usedSources, "the source")
    }
}
