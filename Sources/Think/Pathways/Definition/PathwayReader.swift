import Calendar
import FHIR
import FHIRPath
import JSON
import Series

/// Reads a PlanDefinition and keeps every fault.
struct PathwayReader {
    let definitions: Definitions
    /// Expressions by their text: what is written twice is worked out once.
    private var known: [String: PathwayExpression] = [:]
    private(set) var faults: [(path: String, text: String)] = []
    private(set) var doses: [String: [String]] = [:]

    init(_ definitions: Definitions) { self.definitions = definitions }

    mutating func fault(_ path: String, _ text: String) { faults.append((path, text)) }

    mutating func variables(_ definition: JSONNode, _ book: DoseBook?) -> [String: PathwayExpression] {
        var found: [String: PathwayExpression] = [:]
        let url = "http://hl7.org/fhir/StructureDefinition/variable"
        for (index, node) in definition.list("extension").enumerated() where node["url"]?.equals(url) == true {
            let path = "PlanDefinition.extension[\(index)]"
            guard let value = node["valueExpression"], let name = value["name"]?.string else {
                fault(path, "a variable has a valueExpression with a name")
                continue
            }
            if value["language"]?.equals(DoseVariables.language) == true {
                doses[name] = (value["expression"]?.string ?? "").split(separator: " ").map(String.init)
                continue
            }
            if let expression = expression(value, path) { found[name] = expression }
        }
        found.merge(doseVariables(book)) { own, _ in own }
        return found
    }

    mutating func parts(_ definition: JSONNode) -> [PathwayPart] {
        var found: [PathwayPart] = []
        for (index, node) in definition.list("action").enumerated() {
            let path = "PlanDefinition.action[\(index)]"
            guard let part = part(node, path) else { continue }
            found.append(part)
            for (inner, node) in node.list("action").enumerated() {
                guard let nested = self.part(node, "\(path).action[\(inner)]") else { continue }
                if part.kind == .stage { nested.stage = part.id }
                found.append(nested)
            }
        }
        return found
    }

    /// Faults between parts: ids, roles, variables that nobody defines.
    mutating func check(
        _ parts: [PathwayPart], _ variables: [String: PathwayExpression], _ setting: ProgrammeSetting
    ) {
        var ids: Set<String> = []
        let known = Set(variables.keys).union(setting.parameters.keys).union(Pathway.scopeNames).union([
            "record", "context", "resource", "rootResource", "ucum", "sct", "loinc",
        ])
        func unknown(_ expression: PathwayExpression) -> [String] {
            expression.names.filter {
                !known.contains($0) && expression.selections[$0] == nil && !$0.hasPrefix("vs-") && !$0.hasPrefix("ext-")
            }.sorted()
        }
        for (name, expression) in variables.sorted(by: { $0.key < $1.key }) {
            for missing in unknown(expression) { fault("%\(name)", "nothing is called %\(missing)") }
            if reaches(name, from: expression, variables) { fault("%\(name)", "it is defined by itself") }
        }
        for part in parts {
            let path = "action “\(part.id)”"
            if !ids.insert(part.id).inserted { fault(path, "the id stands twice") }
            for expression in part.expressions {
                for missing in unknown(expression) { fault(path, "nothing is called %\(missing)") }
            }
            if part.kind == .activity || part.isInvitation {
                if let role = part.role {
                    if setting.roles[role] == nil { fault(path, "the programme has no role “\(role)”") }
                } else {
                    fault(path, "nobody owns it: participant.role is missing")
                }
            }
            for rule in (part.escalation ?? []) + setting.escalation where setting.roles[rule.role] == nil {
                fault(path, "the programme has no role “\(rule.role)”")
            }
        }
    }

    private func reaches(
        _ name: String, from expression: PathwayExpression, _ variables: [String: PathwayExpression]
    ) -> Bool {
        var (seen, open): (Set<String>, [String]) = ([], Array(expression.names))
        while let next = open.popLast() {
            if next == name { return true }
            guard seen.insert(next).inserted, let more = variables[next] else { continue }
            open += Array(more.names)
        }
        return false
    }

    // MARK: - Goals

    mutating func goals(_ definition: JSONNode) -> [PathwayGoal] {
        var found: [PathwayGoal] = []
        for (index, goal) in definition.list("goal").enumerated() {
            for (place, target) in goal.list("target").enumerated() {
                let path = "PlanDefinition.goal[\(index)].target[\(place)]"
                guard let coding = target["measure"]?["coding"]?[0], let code = coding["code"]?.string else {
                    fault("\(path).measure", "a target says what is measured")
                    continue
                }
                let range = target["detailRange"]
                func end(_ name: String) -> PathwayExpression? {
                    range?[JSONKey(name)]?.extensionValue("http://hl7.org/fhir/StructureDefinition/cqf-expression")
                        .flatMap {
                            expression($0, "\(path).detailRange.\(name)")
                        }
                }
                let (low, high) = (end("low"), end("high"))
                if low == nil, high == nil { fault("\(path).detailRange", "low or high has an expression") }
                found.append(
                    PathwayGoal(
                        system: coding["system"]?.string ?? "", code: code,
                        title: goal["description"]?.words("text") ?? Words(zh: code), low: low, high: high))
            }
        }
        return found
    }

    // MARK: - One action

    private static let partSystem = "https://healthbrain.dev/fhir/CodeSystem/pathway-part"

    private mutating func part(_ node: JSONNode, _ path: String) -> PathwayPart? {
        let codes = node.list("code").flatMap { $0.list("coding") }.filter {
            $0["system"]?.equals(Self.partSystem) ?? true
        }.compactMap { $0["code"]?.string }
        guard let kind = codes.lazy.compactMap({ PathwayPart.Kind(rawValue: $0) }).first else {
            fault(path, "no code of \(Self.partSystem)")
            return nil
        }
        guard let id = node["id"]?.string else {
            fault(path, "an action has an id")
            return nil
        }
        let part = PathwayPart(
            id: id, kind: kind, title: node.words("title") ?? Words(zh: id), description: node.words("description"))
        part.isTerminal = codes.contains("terminal")
        part.isVisit = !codes.contains("no-visit")
        part.isInvitation = kind == .entry && node["requiredBehavior"]?.equals("could") == true
        part.role = node.list("participant").lazy.compactMap { $0["role"]?["coding"]?[0]?["code"]?.string }.first
        part.priority = node["priority"]?.string
        part.questionnaire = node["definitionCanonical"]?.string
        part.outputs = node.list("output").compactMap { $0["type"]?.string }.filter { $0 != "Task" }
        part.reason = node.list("reason").lazy.compactMap { $0["coding"]?[0]?["code"]?.string }.first
        part.sources = node.list("documentation").compactMap { $0["label"]?.string }
        part.escalation = escalation(node, path)
        part.gradeSystem =
            node.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/grade-system")?.string ?? ""
        part.triggers = expressions(node.list("trigger").map { $0["condition"] }, "\(path).trigger")
        for (index, condition) in node.list("condition").enumerated() {
            let place = "\(path).condition[\(index)]"
            guard let expression = condition["expression"].flatMap({ self.expression($0, place) }) else { continue }
            switch condition["kind"]?.string {
            case "applicability": part.conditions.append(expression)
            case "stop": part.evidence.append(expression)
            default: fault(place, "the kind is applicability or stop")
            }
        }
        timing(node, path, part)
        for (index, value) in node.list("dynamicValue").enumerated() {
            let place = "\(path).dynamicValue[\(index)]"
            guard let expression = value["expression"].flatMap({ self.expression($0, place) }) else { continue }
            switch value["path"]?.string {
            case "prediction.qualitativeRisk": part.risk = expression
            case "prediction.rationale": part.rationale = expression
            default: break
            }
        }
        if kind == .grade, part.risk == nil { fault(path, "a grade has a dynamicValue for prediction.qualitativeRisk") }
        return part
    }

    private mutating func timing(_ node: JSONNode, _ path: String, _ part: PathwayPart) {
        if let duration = node["timingDuration"] ?? node["_timingDuration"] {
            part.high = length([duration, node["_timingDuration"]], "\(path).timingDuration")
        } else if let range = node["timingRange"] {
            part.low = length([range["low"], range["_low"]], "\(path).timingRange.low")
            part.high = length([range["high"], range["_high"]], "\(path).timingRange.high")
        }
        let again = node.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/ask-again")
        part.again = length([again], "\(path).extension")
        let proof = node.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/evidence-within")
        part.proof = length([proof], "\(path).extension")
        let within = node.extensionValue("https://healthbrain.dev/fhir/StructureDefinition/answer-within")
        part.within = length([within], "\(path).extension")
    }

    /// A Quantity or Duration, or the expression in its place.
    private mutating func length(_ nodes: [JSONNode?], _ path: String) -> PathwayPart.Length? {
        for node in nodes.compactMap({ $0 }) {
            let computed = node.extensionValue("http://hl7.org/fhir/StructureDefinition/cqf-expression")
            if let computed, let expression = expression(computed, path) { return .computed(expression) }
            if node["expression"] != nil, let expression = expression(node, path) { return .computed(expression) }
        }
        for node in nodes.compactMap({ $0 }) {
            guard let value = node["value"] else { continue }
            guard let span = Span(node) else {
                fault(path, "\(String(decoding: value.rawText, as: UTF8.self)) is no whole number of a known unit")
                return nil
            }
            return .fixed(span)
        }
        return nil
    }

    private mutating func escalation(_ node: JSONNode, _ path: String) -> [EscalationRule]? {
        let url = "https://healthbrain.dev/fhir/StructureDefinition/escalation"
        let own = node.list("extension").filter { $0["url"]?.equals(url) == true }
        guard !own.isEmpty else { return nil }
        // One extension with its steps, or one for each step.
        let steps = own.flatMap { one in
            let inner = one.list("extension").filter { $0["url"]?.equals("step") == true }
            return inner.isEmpty ? [one] : inner
        }
        var rules: [EscalationRule] = []
        for one in steps where one["extension"] != nil {
            let after = one.extensionValue("after").flatMap { Span($0) ?? $0.string.flatMap { Span(text: $0) } }
            let kind = one.extensionValue("kind")?.string.flatMap { EscalationRule.Kind(rawValue: $0) }
            guard let after, let kind, let role = one.extensionValue("to")?.string else {
                fault("\(path).extension", "an escalation has after, kind (reminder, prompt, supervision) and to")
                continue
            }
            rules.append(EscalationRule(after: after, kind: kind, role: role))
        }
        return rules
    }

    private mutating func expressions(_ nodes: [JSONNode?], _ path: String) -> [PathwayExpression] {
        nodes.enumerated().compactMap { index, node in node.flatMap { expression($0, "\(path)[\(index)]") } }
    }

    private mutating func expression(_ node: JSONNode, _ path: String) -> PathwayExpression? {
        guard let text = node["expression"]?.string else {
            fault(path, "an expression is missing")
            return nil
        }
        let description = node.words("description")
        let key = "\(text)\u{1F}\(description?.zh ?? "")"
        if let known = known[key] { return known }
        do {
            let expression = try PathwayExpression(text, description: description, definitions)
            known[key] = expression
            return expression
        } catch {
            fault(path, "\(error)")
            return nil
        }
    }
}

extension Span {
    /// A FHIR Quantity or Duration; nil unless it is a whole number of a unit that the calendar knows.
    init?(_ node: JSONNode) {
        guard let code = node["code"]?.string ?? node["unit"]?.string, let unit = Unit(code: code),
            let value = node["value"]?.numberText.flatMap({ Double($0) }), value.rounded() == value,
            abs(value) < 100_000
        else { return nil }
        self.init(Int(value), unit)
    }

    /// `3 mo`, `14 d`, `{workday}` as UCUM writes them.
    public init?(text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let count = Int(words[0]),
            let unit = Unit(code: words[1].trimmingQuotes)
        else { return nil }
        self.init(count, unit)
    }
}

extension Substring {
    fileprivate var trimmingQuotes: String { String(self.filter { $0 != "'" && $0 != " " }) }
}

extension JSONNode {
    /// The elements of a member; none where it is absent.
    func list(_ key: String) -> [JSONNode] { self[JSONKey(key)].map { Array($0.elements) } ?? [] }

    /// A text with its English translation (`http://hl7.org/fhir/StructureDefinition/translation`).
    func words(_ key: String) -> Words? {
        guard let zh = self[JSONKey(key)]?.string else { return nil }
        let translations = self[JSONKey("_" + key)]?.list("extension") ?? []
        let english = translations.first { translation in
            translation.list("extension").contains {
                $0["url"]?.equals("lang") == true && ($0["valueCode"]?.string ?? "").hasPrefix("en")
            }
        }
        return Words(zh: zh, en: english?.extensionValue("content")?.string)
    }

    /// The value of the extension with a url, whatever its type.
    func extensionValue(_ url: String) -> JSONNode? {
        guard let found = list("extension").first(where: { $0["url"]?.equals(url) == true }) else { return nil }
        return found.members.first { $0.key.string?.hasPrefix("value") == true }?.value
    }
}
