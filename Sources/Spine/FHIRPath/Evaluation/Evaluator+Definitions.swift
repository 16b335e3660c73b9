import FHIR
import JSON

extension Evaluator {
    /// `elementDefinition()`: what R4 says of each element, as an ElementDefinition with path, cardinality, types and
    /// required binding; of values that R4 doesn't define, nothing.
    mutating func elementDefinitions(_ input: Items) -> Items {
        guard let definitions = try? Definitions.r4(), let type = model.type("ElementDefinition") else {
            return Items()
        }
        var result = Items()
        for case .node(let node) in input {
            guard let text = elementDefinition(node, definitions), let document = try? JSONDocument(parsing: text)
            else {
                continue
            }
            documents.append(document)
            result.append(.node(Node(JSONPlace(document.root), type: type)))
        }
        return result
    }

    private func elementDefinition(_ node: Node, _ definitions: Definitions) -> [UInt8]? {
        guard node.slot >= 0 else {
            // Only a resource stands by itself.
            guard case .resource = model.kind(node.type) else { return nil }
            return Self.definition(path: node.typeName, of: [])
        }
        let slot = model.slots[Int(node.slot)]
        let owner = model.types[Int(slot.owner)].name
        guard let structure = definitions.structure(owner), let member = structure.member(slot.key.string) else {
            return nil
        }
        let path = "\(owner).\(member.element)" + (member.isChoice ? "[x]" : "")
        return Self.definition(path: path, of: structure.members(ofElement: member.element))
    }

    /// - Parameter members: the forms of the element in JSON, one for each type; none: a resource.
    private static func definition(path: String, of members: [Member]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("id", string: path)
        writer.member("path", string: path)
        writer.key("min")
        writer.integer(members.first?.min ?? 0)
        writer.member("max", string: members.isEmpty ? "*" : members.first?.max.map(String.init) ?? "*")
        if let first = members.first {
            writer.key("type")
            writer.beginArray()
            for member in members { type(member, &writer) }
            writer.endArray()
            writer.key("isModifier")
            writer.bool(first.isModifier)
            writer.key("isSummary")
            writer.bool(first.isSummary)
            if let valueSet = members.lazy.compactMap(\.requiredValueSet).first {
                writer.key("binding")
                writer.beginObject()
                writer.member("strength", string: "required")
                writer.member("valueSet", string: valueSet)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }

    private static func type(_ member: Member, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("code", string: member.type.contains(".") ? "BackboneElement" : member.type)
        if !member.targets.isEmpty {
            writer.key("targetProfile")
            writer.beginArray()
            for target in member.targets { writer.string("http://hl7.org/fhir/StructureDefinition/" + target) }
            writer.endArray()
        }
        writer.endObject()
    }
}
