import HL7v2

extension MessageRun {
    /// The resources of the bundle, for those who work on without reading it again.
    var resources: [Outcome.Resource] {
        planned.map { resource in
            let interaction: Outcome.Interaction
            switch (resource.action, resource.query) {
            case (.mention, _?): interaction = .mention(knownBy(resource))
            case (.update, _?): interaction = .update(knownBy(resource))
            default: interaction = .put
            }
            return Outcome.Resource(
                type: mapping.plan.resources[resource.map].type, id: text(resource.identity.text),
                interaction: interaction, isMain: resource.isMain, bytes: resource.bytes)
        }
    }

    /// The persons that the message is about.
    var patients: [Outcome.Patient] {
        planned.compactMap { resource in
            guard resource.isMain, mapping.plan.resources[resource.map].type == "Patient" else { return nil }
            let identifiers = resource.identifiers.map {
                Outcome.Identifier(system: text($0.system), value: text($0.value))
            }
            return Outcome.Patient(id: text(resource.identity.text), identifiers: identifiers)
        }
    }

    private func knownBy(_ resource: PlannedResource) -> Outcome.Identifier {
        if let first = resource.identifiers.first {
            return Outcome.Identifier(system: text(first.system), value: text(first.value))
        }
        return Outcome.Identifier(system: Addresses.keys, value: text(resource.identity.text))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
