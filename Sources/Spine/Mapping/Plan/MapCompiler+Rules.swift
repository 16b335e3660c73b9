import FHIR
import HL7v2

extension MapCompiler {
    /// What the rules of one element write.
    mutating func producers(_ rules: [RuleSyntax], _ member: Member, _ structure: Structure) -> [ProducerPlan] {
        var producers: [ProducerPlan] = []
        let inner = rules.filter { $0.path.count > 1 }
        if !inner.isEmpty, let line = inner.first?.line {
            if inner.count < rules.count {
                tell(line, "'\(member.name)' is made as a whole and in parts", "choose one of the two")
            }
            if member.isList {
                tell(
                    line, "the parts of a list need to belong to one item", "write \(member.name)[] with rules below it"
                )
            }
            let parts = inner.map { rule in
                var rule = rule
                rule.path.removeFirst()
                return rule
            }
            if let object = inlineObject(parts, member, structure, line) {
                producers.append(ProducerPlan(sources: [.here], conditions: [], form: .object(object)))
            }
        }
        for rule in rules where rule.path.count == 1 {
            if rule.path[0].isList != member.isList {
                tell(
                    rule.line, "\(structure.name).\(member.name) is \(member.isList ? "a list" : "no list")",
                    member.isList ? "write \(member.name)[]" : "write \(member.name) without []")
            }
            if let producer = producer(rule, member, structure) { producers.append(producer) }
        }
        return producers
    }

    /// The object made by the rules below one.
    private mutating func inlineObject(
        _ rules: [RuleSyntax], _ member: Member, _ structure: Structure, _ line: MapLine
    ) -> Int? {
        guard let type = member.structureIndex.map(definitions.structure(at:)) else {
            tell(line, "\(structure.name).\(member.name) has no elements of its own", "write = and a source")
            return nil
        }
        plan.objects.append(compile(rules, type, line))
        return plan.objects.count - 1
    }

    private mutating func producer(_ rule: RuleSyntax, _ member: Member, _ structure: Structure) -> ProducerPlan? {
        var sources = rule.sources.compactMap { source($0, rule.line) }
        if sources.isEmpty { sources = [.here] }
        if rule.isWithin {
            sources = sources.map { source in
                if case .segments(let name) = source { .segmentsWithin(name) } else { source }
            }
        }
        let conditions = rule.conditions.compactMap { condition($0, rule.line) }
        var producer = ProducerPlan(sources: sources, conditions: conditions, form: .resource)
        producer.isSplitIntoWords = rule.isSplitIntoWords
        producer.isTogether = rule.isTogether
        producer.isLater = rule.isLater
        producer.isJoined = rule.isJoined
        producer.isTranslated = rule.isTranslated
        producer.otherwise = rule.otherwise.map { Array($0.utf8) }
        if let name = rule.table {
            guard let place = tablePlaces[name] else {
                tell(rule.line, "there is no table '\(name)'", "write table \(name), or correct the name")
                return nil
            }
            producer.table = place
        }
        guard let form = form(rule, member, structure, &producer) else { return nil }
        producer.form = form
        check(rule, member, structure, producer)
        return producer
    }

    private mutating func form(
        _ rule: RuleSyntax, _ member: Member, _ structure: Structure, _ producer: inout ProducerPlan
    ) -> FormPlan? {
        if !rule.children.isEmpty {
            return inlineObject(rule.children, member, structure, rule.line).map { .object($0) }
        }
        if let name = rule.resource { return reference(rule, name, member) }
        if rule.sources.contains(where: { if case .resource = $0 { true } else { false } }) {
            return resource(rule, member, structure)
        }
        if member.isPrimitive {
            let name = rule.conversion ?? member.type
            if let conversion = Conversion(rawValue: name) { return .primitive(conversion) }
            tell(
                rule.line, "'\(name)' makes no \(member.type)",
                "use one of \(Conversion.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        if let source = rule.conversion {
            guard let map = maps["\(source)[\(member.type)]"], let object = object(map) else {
                tell(rule.line, "there is no map \(source) -> \(member.type)", "write it, or name another")
                return nil
            }
            guard producer.table != nil else { return .object(object) }
            producer.fallback = object
        }
        switch member.type {
        case "CodeableConcept" where producer.table != nil: return .concept
        case "Coding" where producer.table != nil: return .coding
        default:
            tell(
                rule.line, "\(structure.name).\(member.name) is a \(member.type), and nothing says how to make one",
                "write : and a map's source type, rules below it, or via and a table")
            return nil
        }
    }

    private mutating func reference(_ rule: RuleSyntax, _ name: String, _ member: Member) -> FormPlan? {
        var places: [Int] = []
        for name in choices[name] ?? [name] {
            guard let place = resourcePlaces[name] else {
                tell(
                    rule.line, "there is no map \(name) to a resource", "write map \(name.prefix { $0 != "[" }) -> Type"
                )
                return nil
            }
            checkTarget(plan.resources[place].type, rule, member)
            places.append(place)
        }
        return .reference(places)
    }

    private mutating func resource(_ rule: RuleSyntax, _ member: Member, _ structure: Structure) -> FormPlan? {
        guard member.type == "Reference" else {
            tell(rule.line, "\(structure.name).\(member.name) is no reference", "give $names to references only")
            return nil
        }
        for case .resource(let alias) in rule.sources where alias != "all" {
            for type in aliasTypes[alias] ?? [] { checkTarget(type, rule, member) }
        }
        return .resource
    }

    private mutating func checkTarget(_ type: String, _ rule: RuleSyntax, _ member: Member) {
        if member.type != "Reference" {
            tell(rule.line, "'\(member.name)' is no reference", "write -> for references only")
        } else if !member.targets.isEmpty, !member.targets.contains(type), !member.targets.contains("Resource") {
            tell(
                rule.line, "'\(member.name)' can't refer to a \(type)",
                "it refers to \(member.targets.joined(separator: ", "))")
        }
    }

    /// Codes written by a rule must belong to the element's required value set.
    private mutating func check(_ rule: RuleSyntax, _ member: Member, _ structure: Structure, _ producer: ProducerPlan)
    {
        guard let url = member.requiredValueSet, let valueSet = definitions.valueSet(url), member.type == "code" else {
            return
        }
        func check(_ code: String, _ compiler: inout MapCompiler) {
            if !valueSet.contains(code) {
                compiler.tell(
                    rule.line, "'\(code)' is no code for \(structure.name).\(member.name)",
                    "it takes \(valueSet.codes.prefix(30).joined(separator: ", "))")
            }
        }
        if let otherwise = rule.otherwise { check(otherwise, &self) }
        if let table = producer.table {
            for entry in plan.tables[table].entries.values.sorted(by: { $0.code.lexicographicallyPrecedes($1.code) }) {
                check(String(decoding: entry.code, as: UTF8.self), &self)
            }
        } else {
            for case .literal(let text) in rule.sources { check(text, &self) }
        }
    }

    // MARK: - Sources and conditions

    mutating func source(_ source: SourceSyntax, _ line: MapLine) -> SourcePlan? {
        switch source {
        case .here: return .here
        case .field(let name, let field, let component, let subcomponent):
            return .field(name, field: field, component: component, subcomponent: subcomponent)
        case .segments(let name): return .segments(name)
        case .part(let component, let subcomponent): return .part(component, subcomponent)
        case .literal(let text): return .literal(Array(text.utf8))
        case .resource("all"): return .allResources
        case .resource(let alias):
            if let place = aliases[alias] { return .resource(place) }
            tell(line, "no message names a resource $\(alias)", "write add … as \(alias)")
            return nil
        case .column(let name):
            if let place = columnPlaces[name] {
                return .field("ROW", field: place + 1, component: 0, subcomponent: 0)
            }
            tell(line, "there is no column '\(name)'", "write column \(name) = and its titles")
            return nil
        case .setting(let name):
            if let setting = Setting(rawValue: name) { return .setting(setting) }
            tell(
                line, "there is no @\(name)",
                "use \(Setting.allCases.map { "@\($0.rawValue)" }.joined(separator: ", "))")
            return nil
        }
    }

    mutating func condition(_ condition: ConditionSyntax, _ line: MapLine) -> ConditionPlan? {
        let sources = condition.sources.compactMap { source($0, line) }
        return ConditionPlan(
            sources: sources, isNegated: condition.isNegated, values: Set(condition.values),
            isNumber: condition.isNumber)
    }

    // MARK: - Messages

    mutating func compile(_ message: MessageSyntax) {
        let compiled = MessagePlan(
            name: message.name, required: message.required, root: group(message.root), aliasCount: aliases.count)
        for event in message.events {
            if plan.messages[event] != nil {
                tell(message.line, "the event \(event) is mapped twice", "keep it in one message")
            }
            plan.messages[event] = compiled
        }
    }

    private mutating func group(_ group: GroupSyntax) -> GroupPlan {
        var adds: [AddPlan] = []
        for add in group.adds {
            guard let place = resourcePlaces[add.map] else {
                tell(add.line, "there is no map \(add.map) to a resource", "write it, or correct the name")
                continue
            }
            adds.append(
                AddPlan(
                    map: place, alias: add.alias.flatMap { aliases[$0] }, action: add.action ?? .put,
                    conditions: add.conditions.compactMap { condition($0, add.line) }))
        }
        return GroupPlan(starts: group.starts, adds: adds, groups: group.groups.map { self.group($0) })
    }
}
