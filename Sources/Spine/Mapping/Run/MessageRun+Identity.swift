import HL7v2

extension MessageRun {
    /// Who a resource is: by its identifier where its map says so and the message gives one, else by its keys, else by its
    /// place in the message.
    func identify(_ map: Int, _ place: Place, _ action: ResourceAction, isMain: Bool) -> PlannedResource? {
        let resource = mapping.plan.resources[map]
        var planned = PlannedResource(
            map: map, place: place, alias: nil, action: action, identity: Identity([]), query: nil,
            needsIdentifier: false,
            isMain: isMain)
        if resource.isMatchedByIdentifier {
            planned.identifiers = identifiers(resource, place)
        }
        if let known = planned.identifiers.first {
            planned.identity = Identity(Array(resource.type.utf8) + [0x7C] + known.system + [0x7C] + known.value)
            planned.query = Addresses.query(known.system, known.value)
            if planned.query == nil { planned.action = .put }
            return planned
        }
        var material = Array(resource.name.utf8) + [0x7C] + facility
        var hasKey = false
        for key in resource.keys where !hasKey {
            let length = material.count
            hasKey = append(key, place, to: &material)
            if !hasKey { material.removeLast(material.count - length) }
        }
        if !hasKey {
            guard isMain else { return nil }
            material += Array("|\(header.controlID ?? "")|\(header.time ?? "")|\(place.segment)|\(place.start)".utf8)
            if header.controlID == nil { material += message.bytes }
        }
        planned.identity = Identity(material)
        if action == .mention, hasKey {
            planned.needsIdentifier = true
            planned.query = Addresses.query(Array(Addresses.keys.utf8), planned.identity.text)
        } else {
            planned.action = .put
        }
        return planned
    }

    /// The identifiers of a resource; it is known by the first: that of a preferred type, else what the message says first.
    private func identifiers(_ resource: ResourcePlan, _ place: Place) -> [(system: [UInt8], value: [UInt8])] {
        guard let element = resource.identifierElement else { return [] }
        let mark = output.count
        let before = (faults.count, unmapped.count)
        identifiers = []
        _ = writeElement(mapping.plan.objects[resource.object].elements[element], place)
        let found = identifiers ?? []
        identifiers = nil
        defer {
            output.truncate(to: mark)
            faults.removeLast(faults.count - before.0)
            unmapped.removeLast(unmapped.count - before.1)
        }
        var usable = found.filter { !$0.value.isEmpty && !$0.system.isEmpty }
        for type in resource.preferredTypes {
            guard let best = usable.firstIndex(where: { output[$0.type].elementsEqual(type.utf8) }) else { continue }
            usable.insert(usable.remove(at: best), at: 0)
            break
        }
        return usable.map { (Array(output[$0.system]), Array(output[$0.value])) }
    }

    /// Appends what a key says. It counts when the resources it names are there, and the first field it names is filled.
    private func append(_ key: [SourcePlan], _ place: Place, to material: inout [UInt8]) -> Bool {
        var isFirst = true
        for source in key {
            material.append(0x7C)
            switch source {
            case .resource(let alias):
                guard let target = targets(alias, from: place).first else { return false }
                material += planned[target].identity.text
            case .literal(let words): material += words
            default:
                var words: [UInt8] = []
                visit(source, place) { part in
                    words = plainText(of: part.range)
                    return true
                }
                if isFirst, words.isEmpty { return false }
                isFirst = false
                material += words
            }
        }
        return true
    }

    /// The resources that an alias means where it is said: of the segment at hand, else of the same group or one below, else
    /// of the nearest one above.
    func targets(_ alias: Int, from place: Place) -> [Int] {
        var own: [Int] = []
        var below: [Int] = []
        for (number, resource) in planned.enumerated() where resource.alias == alias {
            if resource.place.segment == place.segment { own.append(number) }
            if frames.contains(place.frame, resource.place.frame) { below.append(number) }
        }
        if !own.isEmpty { return own }
        if !below.isEmpty { return below }
        var outer = frames.frames[place.frame].parent
        while outer >= 0 {
            let found = planned.firstIndex { $0.alias == alias && $0.place.frame == outer }
            if let found { return [found] }
            outer = frames.frames[outer].parent
        }
        return []
    }
}
