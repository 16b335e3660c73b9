import FHIR
import JSON

extension FormCompiler {
    /// What is made of answers (SDC, observation-based and definition-based extraction).
    mutating func readExtraction(_ index: Int) {
        let item = items[index]
        let path = item.path
        let holder = item.node.extensions(FormURL.observationExtract).first?.choice("value")?.node
        if let holder {
            if let word = holder.string {
                guard let extract = FormExtract(rawValue: word) else {
                    return fault(
                        path + ".extension(observationExtract)", "there is no relation “\(word)”",
                        "true, component, member, derived, independent")
                }
                items[index].extract = extract
            } else if holder.bool == true {
                items[index].extract = .independent
            }
            if items[index].extract != nil, item.codes.isEmpty {
                fault(path + ".code", "an Observation is made of \(item.linkID), but it has no code", "code")
            }
        } else if inherits(index), !item.codes.isEmpty, item.type != .display {
            items[index].extract = .independent
        }
        if let extract = items[index].extract {
            if item.type == .attachment || item.type == .reference {
                fault(path, "an R4 Observation has no value of type \(item.type.rawValue)")
            }
            if extract != .independent, items[index].parent.flatMap({ items[$0].extract }) == nil {
                fault(
                    path + ".extension(observationExtract)", "nothing is made of the group above \(item.linkID)",
                    "observationExtract: true and a code on the group")
            }
        }
        items[index].categories = item.node.extensions(FormURL.observationExtractCategory).compactMap {
            $0.choice("value")?.node
        }
        if let period = item.node.extended(FormURL.observationLinkPeriod) {
            items[index].linkPeriod = period
            if item.codes.isEmpty {
                fault(path + ".code", "\(item.linkID) is filled from Observations, but it has no code", "code")
            }
        }
        guard let context = item.node.extended(FormURL.itemExtractionContext) else { return }
        guard let type = context.string else {
            return fault(
                path + ".extension(itemExtractionContext)", "resources are made new only, not looked for",
                "valueCode: Condition")
        }
        guard definitions.isResourceType(type) else {
            return fault(path + ".extension(itemExtractionContext)", "there is no resource type \(type)")
        }
        items[index].extractionType = type
        for child in items.indices where isBelow(child, index) {
            guard let definition = items[child].node["definition"]?.string else { continue }
            if FormElement(definition, definitions) == nil {
                fault(
                    items[child].path + ".definition", "\(definition) can't be written",
                    "http://hl7.org/fhir/StructureDefinition/\(type)#\(type).element")
            }
        }
    }

    /// Whether the questionnaire, or a group above with `true`, has Observations made of everything with a code.
    private func inherits(_ index: Int) -> Bool {
        if root.extended(FormURL.observationExtract)?.bool == true { return true }
        return false
    }
}
