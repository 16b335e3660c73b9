import JSON

/// What `structures.json` holds.
struct StructureTables {
    let primitives: [Definitions.Primitive]
    let structures: [Structure]
    /// The canonical URLs of all required value sets.
    let valueSets: [String]
    let plan: ValidationPlan

    private struct Record {
        var name: String
        var kind: Structure.Kind
        var isAbstract: Bool
        var base: String
        var members: [Member]
    }

    /// - Parameter codes: the codes of a required value set by its URL; empty where they cannot be enumerated.
    init(codes: (String) -> [String]) throws(DefinitionsError) {
        let reader = try DefinitionsReader("structures.json")
        let root = reader.document.root
        primitives = try reader.records(of: root["primitives"]) { fields in
            guard let name = fields.string(), let base = fields.string(), let regex = fields.string() else {
                return nil
            }
            return Definitions.Primitive(name: name, base: base, regex: regex)
        }
        let valueSets = root["valueSets"]?.elements.compactMap(\.string) ?? []
        let targets = try reader.records(of: root["targets"]) { $0.strings() }
        let records = try reader.records(of: root["structures"]) { fields -> Record? in
            guard let name = fields.string(), let kind = fields.string().flatMap(Structure.Kind.init),
                let isAbstract = fields.bool(), let base = fields.string(), let rows = fields.node()
            else { return nil }
            var members: [Member] = []
            members.reserveCapacity(rows.count)
            for row in rows.elements {
                guard let member = Member(DefinitionsReader.Fields(row), valueSets, targets) else { return nil }
                members.append(member)
            }
            return Record(name: name, kind: kind, isAbstract: isAbstract, base: base, members: members)
        }
        let plan = ValidationPlan(
            records.map { record in
                let isResource = record.kind == .resource && !record.isAbstract
                return ValidationPlan.Source(name: record.name, isResource: isResource, members: record.members)
            }, targets: targets, codes: valueSets.map(codes))
        structures = records.enumerated().map { index, record in
            Structure(
                name: record.name, kind: record.kind, isAbstract: record.isAbstract, base: record.base,
                members: record.members, index: index, plan: plan)
        }
        self.valueSets = valueSets
        self.plan = plan
    }
}

extension Member {
    fileprivate init?(_ fields: DefinitionsReader.Fields, _ valueSets: [String], _ targetLists: [[String]]) {
        guard let name = fields.string(), let element = fields.string(), let type = fields.string(),
            let structure = fields.integer(), let min = fields.integer(), let max = fields.integer(),
            let flags = fields.integer(), let valueSet = fields.integer(), valueSet < valueSets.count,
            let targets = fields.integer(), targets < targetLists.count
        else { return nil }
        self.init(
            name: name, element: element, type: type, structureIndex: structure < 0 ? nil : structure,
            isPrimitive: flags & 1 != 0, min: min, max: max < 0 ? nil : max, isList: max < 0 || max > 1,
            isChoice: flags & 2 != 0, isModifier: flags & 4 != 0, isSummary: flags & 8 != 0,
            targets: targets < 0 ? [] : targetLists[targets],
            requiredValueSet: valueSet < 0 ? nil : valueSets[valueSet],
            primitive: flags & 1 != 0 ? PrimitiveType(name: type) : nil,
            valueSetIndex: valueSet < 0 ? nil : valueSet, targetsIndex: targets < 0 ? nil : targets)
    }
}
