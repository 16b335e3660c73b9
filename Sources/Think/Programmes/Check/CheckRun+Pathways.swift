import FHIRPath
import JSON
import Terminology

/// The names of the extensions and code systems of pathways.
enum PathwayNames {
    static let partSystem = "https://healthbrain.dev/fhir/CodeSystem/pathway-part"
    /// What an action's code may say beside its part: a stage in which nothing is left to do, an activity that needs no visit.
    static let marks = ["terminal", "no-visit"]
    static let variable = "http://hl7.org/fhir/StructureDefinition/variable"
    static let expression = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
    static let escalation = "https://healthbrain.dev/fhir/StructureDefinition/escalation"
    static let migration = "https://healthbrain.dev/fhir/StructureDefinition/migration"
    static let gradeSystem = "https://healthbrain.dev/fhir/StructureDefinition/grade-system"
    /// The language of a named expression that names series of doses.
    static let seriesLanguage = "text/x-dose-series"
    static let askAgain = "https://healthbrain.dev/fhir/StructureDefinition/ask-again"
    static let evidenceWithin = "https://healthbrain.dev/fhir/StructureDefinition/evidence-within"
}

/// What an action is in a pathway.
enum ActionPart: String, CaseIterable {
    case entry, leave, stage, activity, grade, milestone
}

extension JSONNode {
    /// The elements of a member that is a list, with their paths.
    func list(_ name: JSONKey, _ path: String) -> [(node: JSONNode, path: String)] {
        (self[name]?.elements.map { $0 } ?? []).enumerated().map { ($1, "\(path).\(name.string)[\($0)]") }
    }

    /// The codes of a list of CodeableConcepts that come from a system, or from none.
    func codes(_ name: JSONKey, system: String) -> [String] {
        (self[name]?.elements.map { $0 } ?? []).flatMap { $0["coding"]?.elements.map { $0 } ?? [] }
            .filter { $0["system"]?.equals(system) ?? true }.compactMap { $0["code"]?.string }
    }

    /// The extensions with a URL.
    func extensions(_ url: String) -> [JSONNode] {
        (self["extension"]?.elements.map { $0 } ?? []).filter { $0["url"]?.equals(url) == true }
    }
}

// Pathways: who owns what until when, and expressions that hold.
extension CheckRun {
    mutating func pathway(_ file: ProgrammeFile) {
        let root = file.document.root
        if root["title"] == nil {
            tell(file, .form, "PlanDefinition.title", root, "the title is missing")
        }
        var check = PathwayCheck(named: named(file))
        migration(file)
        let actions = root.list("action", "PlanDefinition")
        collect(actions, &check)
        for (node, path) in actions { action(file, node, path, inside: nil, &check) }
        if !check.parts.values.contains(.entry) {
            tell(
                file, .part, "PlanDefinition.action", root, "nobody ever enters",
                hint: "add an action with the part entry")
        }
        for variable in check.named where !check.used.contains(variable.name) {
            tell(
                file, .unused, variable.path, variable.node, "the named expression %\(variable.name) is used nowhere",
                .warning)
        }
    }

    private mutating func migration(_ file: ProgrammeFile) {
        for found in file.document.root.extensions(PathwayNames.migration) {
            guard let rule = found["valueCode"]?.string, !["keep-open-tasks", "replan"].contains(rule) else { continue }
            tell(
                file, .form, "PlanDefinition.extension", found["valueCode"], "there is no rule of migration \(rule)",
                hint: "it is keep-open-tasks or replan")
        }
    }

    /// The named expressions, each compiled with those before it.
    private mutating func named(_ file: ProgrammeFile) -> [PathwayCheck.Named] {
        var found: [PathwayCheck.Named] = []
        for (node, path) in file.document.root.list("extension", "PlanDefinition")
        where node["url"]?.equals(PathwayNames.variable) == true {
            let value = node["valueExpression"]
            guard let name = value?["name"]?.string else {
                tell(file, .expression, path, node, "a named expression has a valueExpression with a name")
                continue
            }
            if parameterNames.contains(name) || ExpressionScope.Use.evidence.names.contains(name)
                || found.contains(where: { $0.name == name })
            {
                tell(file, .name, path, value?["name"], "there is another %\(name)", hint: "choose another name")
            }
            if value?["language"]?.equals(PathwayNames.seriesLanguage) == true {
                // It names series of doses, and gives what they ask for.
                series(named: value?["expression"], file, path + ".valueExpression.expression")
                found.append(PathwayCheck.Named(name: name, path: path, node: node, uses: [], needs: []))
                continue
            }
            // It is evaluated where it is used, so it may use what is there.
            let scope = ExpressionScope.pathway(.evidence, parameters: parameterNames, named: found.map(\.name))
            let uses = expression(file, value, path + ".valueExpression", scope)?.variables ?? []
            let needs = found.filter { uses.contains($0.name) }.reduce(
                into: uses.intersection(ExpressionScope.Use.evidence.names)
            ) { $0.formUnion($1.needs) }
            found.append(PathwayCheck.Named(name: name, path: path, node: node, uses: uses, needs: needs))
        }
        return found
    }

    private mutating func collect(_ actions: [(node: JSONNode, path: String)], _ check: inout PathwayCheck) {
        for (node, path) in actions {
            if let id = node["id"]?.string { check.ids[id, default: []].append(path) }
            collect(node.list("action", path), &check)
        }
    }

    // One action

    private mutating func action(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, inside stage: String?, _ check: inout PathwayCheck
    ) {
        identity(file, node, path, check)
        let codes = node.codes("code", system: PathwayNames.partSystem)
        guard let part = codes.lazy.compactMap({ ActionPart(rawValue: $0) }).first else {
            return tell(
                file, .part, path + ".code", node["code"] ?? node, "the action's part in the pathway isn't said",
                hint: "add a code of \(PathwayNames.partSystem): "
                    + ActionPart.allCases.map(\.rawValue).joined(separator: ", "))
        }
        for code in codes where ActionPart(rawValue: code) == nil && !PathwayNames.marks.contains(code) {
            tell(
                file, .part, path + ".code", node["code"], "there is no part \(code)",
                hint: near(code, ActionPart.allCases.map(\.rawValue) + PathwayNames.marks))
        }
        if stage != nil, part != .activity {
            tell(
                file, .part, path + ".code", node["code"],
                "only activities stand inside a stage; found \(part.rawValue)")
        }
        check.parts[path] = part
        sources(file, node, path, part)
        owner(file, node, path, part)
        moments(file, node, path, part, &check)
        conditions(file, node, path, part, &check)
        timing(file, node, path, part, &check)
        values(file, node, path, part, &check)
        steps(file, node, path, part)
        results(file, node, path, part)
        let inner = node.list("action", path)
        switch part {
        case .stage:
            if inner.isEmpty, !codes.contains("terminal") {
                tell(
                    file, .part, path, node, "in the stage “\(node["title"]?.string ?? path)” nothing is to be done",
                    hint: "put its activities inside it, or add the code terminal")
            }
        default:
            if !inner.isEmpty {
                tell(file, .part, path + ".action", node["action"], "only a stage has actions inside it")
            }
        }
        for (innerNode, innerPath) in inner { action(file, innerNode, innerPath, inside: path, &check) }
    }

    private mutating func identity(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ check: PathwayCheck) {
        if let id = node["id"]?.string {
            if !ManifestReader.isKebab(id) {
                tell(
                    file, .name, path + ".id", node["id"],
                    "the id \(id) must be words of a–z and 0–9 with hyphens between")
            }
            if let first = check.ids[id]?.first, first != path {
                tell(file, .name, path + ".id", node["id"], "\(first) has the id \(id) too")
            }
        } else {
            tell(file, .name, path, node, "the action has no id", hint: "add “id:”, which tasks are named by")
        }
        if node["title"] == nil {
            tell(file, .form, path, node, "the action has no title", hint: "add “title:”, which people read")
        }
    }

    private mutating func sources(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart) {
        var isNamed = false
        for (document, place) in node.list("documentation", path) {
            guard let label = document["label"]?.string else { continue }
            isNamed = true
            source(file, label, place + ".label", document["label"])
        }
        guard !isNamed, part != .stage, part != .milestone else { return }
        tell(
            file, .source, path, node, "the rule names no source",
            hint: "add “documentation: [{type: justification, label: …}]” with a source of programme.yaml")
    }

    private mutating func owner(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart) {
        let owners = node.list("participant", path).flatMap { participant, place in
            (participant["role"]?["coding"]?.elements.map { $0 } ?? []).compactMap { coding in
                coding["code"]?.string.map { (id: $0, node: coding, path: place + ".role") }
            }
        }
        for owner in owners { role(file, owner.id, owner.path, owner.node) }
        let isAsked = part == .entry && node["requiredBehavior"]?.equals("could") == true
        guard part == .activity || isAsked else { return }
        guard owners.count != 1 else { return }
        let title = node["title"]?.string ?? path
        tell(
            file, .owner, path, owners.isEmpty ? node : node["participant"],
            owners.isEmpty ? "nobody owns “\(title)”" : "“\(title)” has \(owners.count) owners, and so nobody's",
            hint: "name one role: “participant: [{type: practitioner, role: {coding: [{code: …}]}}]”")
    }

    private mutating func moments(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart, _ check: inout PathwayCheck
    ) {
        let triggers = node.list("trigger", path)
        for (trigger, place) in triggers {
            if let type = trigger["type"]?.string, type != "named-event" {
                tell(
                    file, .part, place + ".type", trigger["type"], "triggers are of type named-event; found \(type)",
                    hint: "its condition gives the moments")
            }
            guard let condition = trigger["condition"] else {
                tell(
                    file, .part, place, trigger, "the trigger has no condition",
                    hint: "add “condition:” with an expression that gives the moments")
                continue
            }
            use(file, condition, place + ".condition", part == .entry ? .plan : .trigger, .moments, &check)
        }
        if triggers.isEmpty, [.entry, .leave].contains(part) {
            tell(
                file, .part, path, node, "when a person \(part == .entry ? "enters" : "leaves") isn't said",
                hint: "add a trigger whose condition gives the moments")
        }
    }

    private mutating func conditions(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart, _ check: inout PathwayCheck
    ) {
        for (condition, place) in node.list("condition", path) {
            switch condition["kind"]?.string {
            case "applicability":
                use(file, condition["expression"], place + ".expression", .occurrence, .truth, &check)
            case "stop":
                if part != .activity {
                    tell(
                        file, .part, place + ".kind", condition["kind"],
                        "a condition of kind stop is the evidence that an activity was done; this is no activity")
                }
                use(file, condition["expression"], place + ".expression", .evidence, .evidence, &check)
            case let kind:
                tell(
                    file, .part, place + ".kind", condition["kind"] ?? condition,
                    "a condition is of kind applicability or stop; found \(kind ?? "none")")
                use(file, condition["expression"], place + ".expression", .evidence, .anything, &check)
            }
        }
    }

    private mutating func values(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart, _ check: inout PathwayCheck
    ) {
        let values = node.list("dynamicValue", path)
        for (value, place) in values {
            use(file, value["expression"], place + ".expression", .occurrence, .anything, &check)
        }
        for found in node.extensions(PathwayNames.gradeSystem) {
            guard let system = found["valueUri"]?.string, !programme.isIncomplete(.codes),
                (try? terminology.codeSystem(system)) == nil
            else { continue }
            tell(
                file, .reference, path + ".extension", found["valueUri"], "there is no code system \(system)",
                hint: near(system, programme.files(.codes).compactMap(\.url)))
        }
        if part == .grade, !values.contains(where: { $0.node["path"]?.equals("prediction.qualitativeRisk") == true }) {
            tell(
                file, .part, path, node, "the grade has no value",
                hint: "add a dynamicValue with the path prediction.qualitativeRisk")
        }
    }

    /// Compiles an expression, and sees that the named ones that it uses can be worked out there.
    private mutating func use(
        _ file: ProgrammeFile, _ node: JSONNode?, _ path: String, _ use: ExpressionScope.Use, _ wanted: Wanted,
        _ check: inout PathwayCheck
    ) {
        let scope = ExpressionScope.pathway(use, parameters: parameterNames, named: check.named.map(\.name))
        if let text = node?["expression"]?.string { check.used.formUnion(ExpressionText(text).variables) }
        guard let compiled = expression(file, node, path, scope, wanted) else { return }
        for variable in check.named where compiled.variables.contains(variable.name) {
            let missing = variable.needs.subtracting(use.names).sorted().map { "%" + $0 }
            guard !missing.isEmpty else { continue }
            tell(
                file, .expression, path + ".expression", node?["expression"],
                "%\(variable.name) uses \(missing.joined(separator: ", ")), which isn't known here")
        }
    }

    // Times

    private mutating func timing(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart, _ check: inout PathwayCheck
    ) {
        for (key, value) in node.members {
            guard let name = key.string, name.hasPrefix("timing"), name != "timingDuration", name != "timingRange"
            else { continue }
            tell(
                file, .deadline, "\(path).\(name)", value, "\(name) is not followed here",
                hint: "write timingDuration or timingRange, counted from the moment")
        }
        let range = node["timingRange"]
        if let duration = node["timingDuration"] { length(file, duration, path + ".timingDuration", &check) }
        for end: JSONKey in ["low", "high"] {
            guard let value = range?[end] else { continue }
            length(file, value, "\(path).timingRange.\(end.string)", &check)
        }
        for again in node.extensions(PathwayNames.askAgain) + node.extensions(PathwayNames.evidenceWithin) {
            let value = again["valueDuration"] ?? again["valueExpression"]
            if let expression = again["valueExpression"] {
                use(file, expression, path + ".extension.valueExpression", .occurrence, .span, &check)
            } else if let value {
                length(file, value, path + ".extension.valueDuration", &check)
            }
        }
        if let range, range["high"] == nil {
            tell(file, .deadline, path + ".timingRange", range, "the window has no end", hint: "add “high:”")
        }
        guard part == .activity, node["timingDuration"] == nil, range == nil else { return }
        tell(
            file, .deadline, path, node, "“\(node["title"]?.string ?? path)” has no time by which it is to be done",
            hint: "add “timingDuration:” or “timingRange:”, counted from the moment")
    }

    private mutating func length(
        _ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ check: inout PathwayCheck
    ) {
        if let computed = node.extensions(PathwayNames.expression).first {
            return use(
                file, computed["valueExpression"], path + ".extension.valueExpression", .occurrence, .span, &check)
        }
        let value = node["value"]?.numberText ?? ""
        let unit = node["code"]?.string ?? node["unit"]?.string ?? ""
        guard ProgrammeDuration("\(value) \(unit)") == nil else { return }
        tell(
            file, .deadline, path, node, "“\(value) \(unit)” is no span of time",
            hint: "give value, system http://unitsofmeasure.org and code, one of "
                + ProgrammeDuration.Unit.allCases.map(\.rawValue).joined(separator: ", "))
    }

    // What follows

    private mutating func steps(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart) {
        let own = node.extensions(PathwayNames.escalation)
        for step in own {
            func value(_ name: String) -> JSONNode? {
                step.extensions(name).first?.members.first { $0.key.string?.hasPrefix("value") == true }?.value
            }
            let after = value("after").flatMap { ProgrammeDuration(fhir: $0) }
            let kind = value("kind")?.string.flatMap { EscalationStep.Kind(rawValue: $0) }
            if after == nil || kind == nil || value("to")?.string == nil {
                tell(
                    file, .escalation, path + ".extension", step,
                    "a step of escalation has after, kind (\(EscalationStep.Kind.allCases.map(\.rawValue).joined(separator: ", "))) and to"
                )
            }
            if let to = value("to")?.string { role(file, to, path + ".extension", value("to")) }
            if let label = value("source")?.string { source(file, label, path + ".extension", value("source")) }
        }
        guard part == .activity, own.isEmpty, (programme.manifest?.document.root["escalation"]?.count ?? 0) == 0 else {
            return
        }
        tell(
            file, .escalation, path, node, "nobody is told when “\(node["title"]?.string ?? path)” is overdue",
            hint: "add “escalation:” to programme.yaml")
    }

    private mutating func results(_ file: ProgrammeFile, _ node: JSONNode, _ path: String, _ part: ActionPart) {
        if let canonical = node["definitionCanonical"]?.string {
            let (url, _) = Canonicals.split(canonical)
            let isForm = programme.file(url: canonical)?.resourceType == "Questionnaire"
            if !isForm, !knownURLs.contains(url), !programme.isIncomplete(.questionnaires) {
                tell(
                    file, .reference, path + ".definitionCanonical", node["definitionCanonical"],
                    "there is no questionnaire \(canonical)",
                    hint: near(canonical, programme.files(.questionnaires).compactMap(\.url)))
            }
        }
        let known = ["Task", "ServiceRequest", "Communication", "Appointment", "CarePlan", "Flag", "RiskAssessment"]
        for (output, place) in node.list("output", path) {
            guard let type = output["type"]?.string, !known.contains(type) else { continue }
            tell(
                file, .part, place + ".type", output["type"], "an action makes no \(type)",
                hint: "it makes one of \(known.joined(separator: ", "))")
        }
    }
}

/// What is known of a pathway while it is checked.
struct PathwayCheck {
    /// A named expression.
    struct Named {
        let name: String
        let path: String
        let node: JSONNode
        /// The variables that it uses.
        let uses: Set<String>
        /// The names of the engine that it needs, itself or by those that it uses.
        let needs: Set<String>
    }

    let named: [Named]
    /// The paths of the actions with an id.
    var ids: [String: [String]] = [:]
    /// The part of each action, by its path.
    var parts: [String: ActionPart] = [:]
    /// The variables that some expression uses.
    var used: Set<String>

    init(named: [Named]) {
        self.named = named
        used = named.reduce(into: []) { $0.formUnion($1.uses) }
    }
}
