import HL7v2

extension MessageRun {
    /// The bundle.
    func bundle() -> [UInt8] { output.bytes }

    /// The resources of the bundle, for those who work on without reading it again.
    func resources() -> [Outcome.Resource] {
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
                    interaction: interaction, isMain: resource.isMain, bytes: resource.bytes))
        }
        return resources
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
