import FHIR
import HL7v2

/// Turns mapping files into a plan, and checks every path, type and code against the tables of R4 on the way.
struct MapCompiler {
    let definitions: Definitions
    var plan = MappingPlan()
    var faults: [MapFault] = []

    var maps: [String: MapSyntax] = [:]
    /// The objects that maps of data types became.
    var objectPlaces: [String: Int] = [:]
    var resourcePlaces: [String: Int] = [:]
    var tablePlaces: [String: Int] = [:]
    var columnPlaces: [String: Int] = [:]
    var choices: [String: [String]] = [:]
    /// The aliases of the message at hand and the resource types they have.
    var aliases: [String: Int] = [:]
    /// The types that an alias has in any of the messages.
    var aliasTypes: [String: Set<String>] = [:]

    init(_ definitions: Definitions) { self.definitions = definitions }

    /// Compiles files; those of a sender come last and override rules of the others.
    mutating func compile(_ files: [FileSyntax]) {
        for file in files {
            for map in file.maps { add(map, overrides: file.sender != nil) }
            for choice in file.choices { choices[choice.name] = choice.maps }
            for table in file.tables { add(table, overrides: file.sender != nil) }
            for column in file.columns { add(column, overrides: file.sender != nil) }
        }
        let sheets = files.flatMap(\.sheets)
        let messages = files.flatMap(\.messages) + sheets.map(\.message)
        collectAliases(messages)
        for map in maps.values.sorted(by: { $0.name < $1.name }) where definitions.isResourceType(map.target) {
            resourcePlaces[map.name] = plan.resources.count
            plan.resources.append(
                ResourcePlan(
                    name: map.name, type: map.target, segment: SegmentName(map.source), object: -1,
                    isMatchedByIdentifier: map.isMatchedByIdentifier, preferredTypes: map.preferredTypes,
                    identifierElement: nil, keys: [], display: []))
        }
        for map in maps.values.sorted(by: { $0.name < $1.name }) {
            if definitions.isResourceType(map.target) { compile(resource: map) } else { _ = object(map) }
        }
        for type in Set(plan.resources.map(\.type)) { plan.orders[type] = order(of: type) }
        for message in messages { compile(message) }
        for sheet in sheets { compile(sheet) }
        faults.sort { ($0.file, $0.line) < ($1.file, $1.line) }
    }

    /// The elements of a type in the order of R4: `identifier`, `period.start`, `period.end`.
    private func order(of type: String) -> [String] {
        var order: [String] = []
        for member in definitions.structure(type)?.members ?? [] where order.last != member.element {
            guard !member.isList, !member.isChoice, let index = member.structureIndex else {
                order.append(member.element)
                continue
            }
            order += definitions.structure(at: index).members.map { "\(member.element).\($0.name)" } + [member.element]
        }
        return order
    }

    mutating func tell(_ line: MapLine, _ what: String, _ hint: String) {
        faults.append(line.fault(what, hint))
    }

    /// A later map of the same name is a fault, unless a sender gives it: then its rules take the place of those with the
    /// same first element.
    private mutating func add(_ map: MapSyntax, overrides: Bool) {
        guard let base = maps[map.name] else {
            maps[map.name] = map
            return
        }
        guard overrides else {
            return tell(map.line, "\(map.name) is mapped twice", "keep one, in \(base.line.file) or here")
        }
        var merged = base
        let replaced = Set(map.rules.compactMap(\.path.first?.name))
        merged.rules.removeAll { rule in rule.path.first.map { replaced.contains($0.name) } ?? false }
        merged.rules += map.rules
        if !map.keys.isEmpty { merged.keys = map.keys }
        maps[map.name] = merged
    }

    private mutating func add(_ table: TableSyntax, overrides: Bool) {
        var entries = table.entries.mapValues { entry in
            TablePlan.Entry(
                system: (entry.system ?? table.system).map { Array($0.utf8) }, code: Array(entry.code.utf8),
                display: entry.display.map { Array($0.utf8) })
        }
        if let place = tablePlaces[table.name] {
            guard overrides else {
                return tell(table.line, "the table \(table.name) stands twice", "keep one of the two")
            }
            entries.merge(plan.tables[place].entries) { own, _ in own }
            plan.tables[place].entries = entries
        } else {
            tablePlaces[table.name] = plan.tables.count
            plan.tables.append(TablePlan(name: table.name, entries: entries))
        }
    }

    /// A sender's titles come before those of everybody.
    private mutating func add(_ column: ColumnSyntax, overrides: Bool) {
        guard let place = columnPlaces[column.name] else {
            columnPlaces[column.name] = plan.columns.count
            plan.columns.append(
                ColumnPlan(
                    name: column.name, titles: column.titles, isMoment: column.isMoment, isNumber: column.isNumber))
            return
        }
        guard overrides else {
            return tell(column.line, "the column \(column.name) stands twice", "keep one of the two")
        }
        plan.columns[place].titles.insert(contentsOf: column.titles, at: 0)
        plan.columns[place].isMoment = plan.columns[place].isMoment || column.isMoment
        plan.columns[place].isNumber = plan.columns[place].isNumber || column.isNumber
    }

    private mutating func compile(_ sheet: SheetSyntax) {
        func places(_ names: [String]) -> [Int] {
            names.compactMap { name in
                if let place = columnPlaces[name] { return place }
                tell(sheet.line, "there is no column '\(name)'", "write column \(name) = and its titles")
                return nil
            }
        }
        let required = places(sheet.required)
        plan.sheets.append(
            SheetPlan(
                name: sheet.name, columns: required + places(sheet.columns.filter { !sheet.required.contains($0) }),
                required: required))
    }

    private mutating func collectAliases(_ messages: [MessageSyntax]) {
        func visit(_ group: GroupSyntax) {
            for add in group.adds {
                guard let alias = add.alias else { continue }
                if aliases[alias] == nil { aliases[alias] = aliases.count }
                if let map = maps[add.map] { aliasTypes[alias, default: []].insert(map.target) }
            }
            group.groups.forEach(visit)
        }
        for message in messages { visit(message.root) }
    }

    // MARK: - Maps

    private mutating func compile(resource map: MapSyntax) {
        guard let place = resourcePlaces[map.name], let object = object(map) else { return }
        plan.resources[place].object = object
        plan.resources[place].identifierElement = plan.objects[object].elements.firstIndex { $0.name == "identifier" }
        plan.resources[place].keys = map.keys.map { $0.compactMap { source($0, map.line) } }
        plan.resources[place].display = map.display.compactMap { source($0, map.line) }
        if map.isMatchedByIdentifier, plan.resources[place].identifierElement == nil {
            tell(map.line, "\(map.name) is matched by an identifier that no rule writes", "add a rule for identifier[]")
        }
    }

    /// The object of a map, compiled once.
    mutating func object(_ map: MapSyntax) -> Int? {
        if let place = objectPlaces[map.name] { return place }
        guard let structure = definitions.structure(map.target) else {
            tell(map.line, "'\(map.target)' is no type of R4", "name a resource type or data type")
            return nil
        }
        // The place is taken before the rules are read, so that a map may use itself.
        let place = plan.objects.count
        objectPlaces[map.name] = place
        plan.objects.append(ObjectPlan(type: map.target, elements: [], required: [], needs: [], isConstant: false))
        plan.objects[place] = compile(map.rules, structure, map.line, needs: map.needs)
        return place
    }

    mutating func compile(
        _ rules: [RuleSyntax], _ structure: Structure, _ line: MapLine, needs: [String] = []
    ) -> ObjectPlan {
        var elements: [ElementPlan] = []
        var order: [Int] = []
        var choices: [String: Int] = [:]
        // Rules with the same first name make one element; those with longer paths one object of it.
        var heads: [String] = []
        var rulesByHead: [String: [RuleSyntax]] = [:]
        for rule in rules {
            guard let head = rule.path.first?.name else { continue }
            if rulesByHead[head] == nil { heads.append(head) }
            rulesByHead[head, default: []].append(rule)
        }
        for head in heads {
            guard let rules = rulesByHead[head], let first = rules.first else { continue }
            guard let member = structure.member(head) else {
                tell(
                    first.line, "\(structure.name) has no element '\(head)'",
                    "it has \(structure.members.map(\.name).prefix(60).joined(separator: ", "))")
                continue
            }
            let element = ElementPlan(
                key: Array("\"\(head)\":".utf8), name: head, isList: member.isList,
                producers: producers(rules, member, structure))
            if member.isChoice { element.choice = choices[member.element, default: choices.count] }
            if let choice = element.choice { choices[member.element] = choice }
            element.capture = Self.captures[head] ?? .none
            element.isIdentifier = head == "identifier" && structure.kind == .resource
            elements.append(element)
            order.append(structure.members.firstIndex { $0.element == member.element } ?? structure.members.count)
        }
        let sorted = elements.indices.sorted { (order[$0], $0) < (order[$1], $1) }.map { elements[$0] }
        for name in needs where !sorted.contains(where: { $0.name == name }) {
            tell(line, "no rule writes '\(name)', which is needed", "add a rule for it")
        }
        return ObjectPlan(
            type: structure.name, elements: sorted, required: required(sorted, structure, line),
            needs: needs.compactMap { name in sorted.firstIndex { $0.name == name } },
            isConstant: sorted.allSatisfy { $0.producers.allSatisfy(isConstant) })
    }

    /// Whether a rule writes the same for all messages.
    private func isConstant(_ producer: ProducerPlan) -> Bool {
        if case .object(let object) = producer.form, case .here? = producer.sources.first {
            return plan.objects[object].isConstant
        }
        return producer.sources.allSatisfy { source in
            switch source {
            case .literal: true
            default: false
            }
        }
    }

    private static let captures: [String: Capture] = [
        "system": .system, "code": .code, "display": .display, "value": .value,
    ]

    private mutating func required(
        _ elements: [ElementPlan], _ structure: Structure, _ line: MapLine
    ) -> [(name: String, places: [Int])] {
        var required: [(name: String, places: [Int])] = []
        for member in structure.members where member.min > 0 {
            if required.contains(where: { $0.name == member.element }) { continue }
            let names = Set(structure.members(ofElement: member.element).map(\.name))
            let places = elements.indices.filter { names.contains(elements[$0].name) }
            if places.isEmpty {
                tell(
                    line, "\(structure.name).\(member.element) is required, and no rule writes it", "add a rule for it")
            }
            required.append((member.element, places))
        }
        return required
    }
}
