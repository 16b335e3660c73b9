import HL7v2

/// Lays a plan out flat.
struct ProgramBuilder {
    private let memory = ProgramMemory()
    private let plan: MappingPlan
    private var names: [SegmentName] = []
    private var numbers: [SegmentName: Int32] = [:]

    init(_ plan: MappingPlan) { self.plan = plan }

    mutating func program(
        authorities: [String: String], translations: [String: ConceptMapTables.Table]
    ) -> Program {
        let objects = plan.objects.map { object($0) }
        let resources = plan.resources.map { resource($0) }
        let tables = plan.tables.map { table($0.entries.map { ($0.key, $0.value) }) }
        let messages = plan.messages.mapValues { message in
            (
                message,
                MessageOp(required: memory.keep(message.required.map { number($0) }), root: group(message.root))
            )
        }
        let translations = translations.sorted { $0.key < $1.key }
        let authorities = authorities.map { name, uri in
            (name, TablePlan.Entry(system: nil, code: Array(uri.utf8), display: nil))
        }
        var slots = [(name: SegmentName, number: Int32)](repeating: ("ZZZ", -1), count: 256)
        while slots.count < names.count * 4 { slots += slots }
        for (number, name) in names.enumerated() {
            var slot = Program.slot(name) & (slots.count - 1)
            while slots[slot].number >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = (name, Int32(number))
        }
        return Program(
            memory, names: names, nameSlots: slots, objects: objects, resources: resources, tables: tables,
            messages: messages, aliasCount: plan.messages.values.map(\.aliasCount).max() ?? 0,
            codingSystems: plan.tables.firstIndex { $0.name == "CodingSystem" }.map { tables[$0] },
            authorities: table(authorities), translations: memory.keep(keys: translations.map { memory.keep($0.key) }),
            translationTables: translations.map { ($0.value.url, table($0.value.codes.map { ($0.key, $0.value) })) })
    }

    private mutating func number(_ name: SegmentName) -> Int32 {
        if let number = numbers[name] { return number }
        let number = Int32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    // MARK: - Rules

    private mutating func object(_ object: ObjectPlan) -> ObjectOp {
        let bit = { (place: Int) in UInt64(1) << min(UInt64(place), 63) }
        let elements = object.elements.map { element($0) }
        return ObjectOp(
            elements: memory.keep(elements),
            required: memory.keep(object.required.map { $0.places.reduce(0) { $0 | bit($1) } }),
            needs: memory.keep(object.needs.map(bit)), isConstant: object.isConstant,
            isCoding: object.type == "Coding")
    }

    private mutating func element(_ element: ElementPlan) -> ElementOp {
        let producers = element.producers.map { producer($0) }
        return ElementOp(
            key: memory.keep(element.key), producers: memory.keep(producers),
            choice: element.choice.map { 1 << UInt64($0) } ?? 0, isList: element.isList, capture: element.capture,
            isIdentifier: element.isIdentifier)
    }

    private mutating func producer(_ producer: ProducerPlan) -> ProducerOp {
        let form: FormOp
        switch producer.form {
        case .primitive(let conversion): form = .primitive(conversion)
        case .object(let object): form = .object(Int32(object))
        case .coding: form = .coding
        case .concept: form = .concept
        case .reference(let maps): form = .reference(memory.keep(maps.map { Int32($0) }))
        case .resource: form = .resource
        }
        return ProducerOp(
            sources: sources(producer.sources), conditions: conditions(producer.conditions), form: form,
            table: Int32(producer.table ?? -1), fallback: Int32(producer.fallback ?? -1),
            otherwise: producer.otherwise.map { memory.keep($0) }, isSplitIntoWords: producer.isSplitIntoWords,
            isTogether: producer.isTogether, isLater: producer.isLater, isJoined: producer.isJoined,
            isTranslated: producer.isTranslated,
            isEachAsked: producer.isEachAsked)
    }

    private mutating func sources(_ sources: [SourcePlan]) -> UnsafeBufferPointer<SourceOp> {
        memory.keep(sources.map { source($0) })
    }

    private mutating func source(_ source: SourcePlan) -> SourceOp {
        switch source {
        case .here: .here
        case .field(let name, let field, let component, let subcomponent):
            .field(
                name: number(name), field: Int32(field), component: Int32(component),
                subcomponent: Int32(subcomponent))
        case .segments(let name): .segments(name: number(name))
        case .segmentsWithin(let name): .segmentsWithin(name: number(name))
        case .part(let first, let second): .part(Int32(first), Int32(second))
        case .literal(let text): .literal(memory.keep(text))
        case .resource(let alias): .resource(Int32(alias))
        case .allResources: .allResources
        case .setting(let setting): .setting(setting)
        }
    }

    private mutating func conditions(_ conditions: [ConditionPlan]) -> UnsafeBufferPointer<ConditionOp> {
        memory.keep(
            conditions.map { condition in
                ConditionOp(
                    sources: sources(condition.sources), isNegated: condition.isNegated,
                    isNumber: condition.isNumber, values: memory.keep(condition.values.sorted().map { memory.keep($0) })
                )
            })
    }

    // MARK: - Resources, tables, messages

    private mutating func resource(_ resource: ResourcePlan) -> ResourceOp {
        ResourceOp(
            name: memory.keep(resource.name), type: memory.keep(resource.type),
            segment: resource.segment.map { number($0) } ?? -1, object: Int32(resource.object),
            identifierElement: Int32(resource.identifierElement ?? -1),
            isMatchedByIdentifier: resource.isMatchedByIdentifier,
            isAboutMessage: resource.type == "Provenance" || resource.type == "MessageHeader",
            isPatient: resource.type == "Patient",
            preferredTypes: memory.keep(resource.preferredTypes.map { memory.keep($0) }),
            keys: memory.keep(resource.keys.map { sources($0) }), display: sources(resource.display))
    }

    private func table(_ codes: [(key: String, value: TablePlan.Entry)]) -> TableOp {
        TableOp(
            codes: memory.keep(keys: codes.map { memory.keep($0.key) }),
            entries: memory.keep(codes.map { EntryOp(code: memory.keep($0.value.code), coding: coding($0.value)) }))
    }

    private func coding(_ entry: TablePlan.Entry) -> Bytes {
        var output = Output()
        defer { output.free() }
        output.put(byte: 0x7B)
        if let system = entry.system {
            output.put(#""system":"#)
            output.putString(memory.keep(system))
            output.put(byte: 0x2C)
        }
        output.put(#""code":"#)
        output.putString(memory.keep(entry.code))
        if let display = entry.display {
            output.put(#","display":"#)
            output.putString(memory.keep(display))
        }
        output.put(byte: 0x7D)
        return memory.keep(output.bytes)
    }

    private mutating func group(_ group: GroupPlan) -> GroupOp {
        let adds = group.adds.map { add in
            AddOp(
                map: Int32(add.map), alias: Int32(add.alias ?? -1), action: add.action,
                conditions: conditions(add.conditions))
        }
        let groups = group.groups.map { self.group($0) }
        return GroupOp(
            starts: memory.keep(group.starts.map { number($0) }), opens: memory.keep(opens(group).map { number($0) }),
            adds: memory.keep(adds), groups: memory.keep(groups))
    }

    /// The segments that begin one of the groups inside. The innermost groups don't count: an observation may belong to any
    /// of those around it.
    private func opens(_ group: GroupPlan) -> [SegmentName] {
        group.groups.flatMap { $0.groups.isEmpty ? [] : $0.starts + opens($0) }
    }
}
