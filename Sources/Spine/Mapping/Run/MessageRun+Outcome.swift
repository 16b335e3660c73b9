import HL7v2

extension MessageRun {
    /// The bundle.
    func bundle() -> [UInt8] { output.bytes }

    /// The resources of the bundle, for those who work on without reading it again.
    mutating func resources() -> [Outcome.Resource] {
        var resources: [Outcome.Resource] = []
        resources.reserveCapacity(planned.count)
        for number in 0..<planned.count {
            let resource = planned[number]
            let interaction: Outcome.Interaction
            switch (resource.action, resource.query) {
            case (.mention, _?): interaction = .mention(knownBy(resource))
            case (.update, _?): interaction = .update(knownBy(resource))
            default: interaction = .put
            }
            resources.append(
                Outcome.Resource(
                    type: mapping.plan.resources[Int(resource.map)].type,
                    id: String(decoding: resource.id, as: UTF8.self),
                    interaction: interaction, isMain: resource.isMain, isChange: resource.action == .update,
                    nulls: resource.action == .update ? nulls(maps[Int(resource.map)].object, resource.place) : [],
                    bytes: resource.bytes))
        }
        return resources
    }

    /// The elements of an object that the message takes away: by `""` in the field that they come from, or by a rule that says
    /// so.
    private mutating func nulls(_ object: Int32, _ place: Place) -> [String] {
        var nulls: [String] = []
        for (element, name) in zip(
            objects[Int(object)].elements, mapping.plan.objects[Int(object)].elements.map(\.name))
        {
            for producer in element.producers {
                if case .object(let inner) = producer.form, !element.isList, case .here? = producer.sources.first {
                    nulls += self.nulls(inner, place).map { "\(name).\($0)" }
                } else if producer.sources.contains(where: { isNull($0, place) }), holds(producer.conditions, place) {
                    nulls.append(name)
                }
            }
        }
        return nulls
    }

    private func isNull(_ source: SourceOp, _ place: Place) -> Bool {
        switch source {
        case .literal(let text): return text.isEmpty
        case .field(let name, let field, _, _):
            let segment = frames.segment(name, place)
            guard segment >= 0 else { return false }
            let repetitions = parts.repetitions(segment, field)
            guard repetitions.count == 1, let first = repetitions.first else { return false }
            let (start, end) = parts.range(repetition: first)
            return end - start == 2 && text[Int(start)] == 0x22 && text[Int(start) + 1] == 0x22
        default: return false
        }
    }

    /// The persons that the message is about.
    func patients() -> [Outcome.Patient] {
        var patients: [Outcome.Patient] = []
        for number in 0..<planned.count {
            let resource = planned[number]
            guard resource.isMain, maps[Int(resource.map)].isPatient else { continue }
            patients.append(
                Outcome.Patient(
                    id: String(decoding: resource.id, as: UTF8.self),
                    identifiers: resource.identifiers.map { Self.identifier($0) }))
        }
        return patients
    }

    private func knownBy(_ resource: PlannedResource) -> Outcome.Identifier {
        if let first = resource.identifiers.first { return Self.identifier(first) }
        return Outcome.Identifier(system: Addresses.keys, value: String(decoding: resource.id, as: UTF8.self))
    }

    private static func identifier(_ pair: (system: Bytes, value: Bytes)) -> Outcome.Identifier {
        Outcome.Identifier(system: unquoted(pair.system), value: unquoted(pair.value))
    }

    /// The text that the inside of a JSON string stands for, of those that `Output` writes.
    private static func unquoted(_ inside: Bytes) -> String {
        let text = String(decoding: inside, as: UTF8.self)
        guard inside.contains(0x5C) else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                plain.unicodeScalars.append(
                    character == "n" ? "\n" : character == "r" ? "\r" : character == "t" ? "\t" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                plain.unicodeScalars.append(character)
            }
        }
        return plain
    }
}
