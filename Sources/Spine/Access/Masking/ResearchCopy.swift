import FHIR
import JSON

/// Makes the copy for research: nothing that leads to a person stays, and what belongs together stays together.
struct ResearchCopy: MaskingRule {
    let pseudonyms: Pseudonyms
    /// By how many days the times in this resource are moved.
    let shiftDays: Int
    let now: Int64
    /// What may still lead to a person when nothing else does: nil keeps a district, a band of age and a sex in each
    /// resource, as a copy of one record does; else these go, and so does what holds a text that tells somebody.
    var guarding: DirectIdentifiers?
    let marks = ["PSEUDED"]
    let keepsVersion = false

    /// The system of the tokens that stand for identifiers.
    static let tokenSystem = "https://healthbrain.dev/fhir/NamingSystem/research-token"

    func id(of resource: JSONNode, isContained: Bool) -> String? {
        guard let id = resource["id"]?.string else { return nil }
        return pseudonyms.token(isContained ? "#" + id : (resource["resourceType"]?.string ?? "") + "/" + id)
    }

    func outcome(_ member: Member, in structure: Structure, _ node: JSONNode, parent: JSONNode) -> MaskingOutcome {
        guard let guarding else { return plainOutcome(member, in: structure, node, parent: parent) }
        if Self.isQuasiIdentifying(member, structure) { return .drop }
        let outcome = plainOutcome(member, in: structure, node, parent: parent)
        guard case .keep = outcome else { return outcome }
        return guarding.tells(node, member.type, parent) ? .drop : .keep
    }

    /// What says where or how old somebody is, beside the quasi-identifiers that are made coarse.
    private static func isQuasiIdentifying(_ member: Member, _ structure: Structure) -> Bool {
        switch member.type {
        case "Address", "Age", "Extension": return true
        default: break
        }
        switch (structure.name, member.name) {
        case ("Patient", _), ("Person", _), ("RelatedPerson", _), ("Location", "position"), ("Organization", "partOf"):
            return true
        default: return member.name == "gender" || member.name == "birthDate" || member.name.hasPrefix("born")
        }
    }

    private func plainOutcome(
        _ member: Member, in structure: Structure, _ node: JSONNode, parent: JSONNode
    ) -> MaskingOutcome {
        switch member.type {
        case "HumanName", "ContactPoint", "Attachment", "Annotation", "base64Binary": return .drop
        case "Narrative":
            return structure.kind == .resource ? .drop : .replace(DisplayMasking.emptyNarrative)
        case "Identifier": return .replace(token(node))
        case "Reference": return reference(node)
        case "Age": return age(node)
        case "Extension": return node["url"]?.equals(LabelReader.divisionURL) == true ? .keep : .drop
        case "date", "dateTime", "instant": return time(node, member)
        case "string", "markdown": return string(node, member, structure, parent)
        case "id": return .replace(jsonQuoted(pseudonyms.token("id \(node.string ?? "")")))
        default: break
        }
        if structure.name == "Patient", member.name == "contact" { return .drop }
        if structure.name == "Bundle.link" { return DisplayMasking.withoutQuery(node) }
        if structure.name.hasPrefix("Bundle."), member.type == "uri" {
            guard let text = node.string else { return .drop }
            if let mapped = mapped(text) { return .replace(jsonQuoted(mapped)) }
            return DisplayMasking.withoutQuery(node)
        }
        return member.structureIndex == nil ? .keep : .descend
    }

    func additions(to object: JSONNode, _ structure: Structure) -> [(String, [UInt8])] {
        guard guarding == nil, structure.kind == .resource, let born = object["birthDate"]?.string,
            let age = CivilAge.years(born: born, at: now)
        else { return [] }
        return [("_birthDate", AgeBands.hiddenBirthDate(AgeBands.band(age)))]
    }

    private func token(_ node: JSONNode) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("system", string: Self.tokenSystem)
        let value = (node["system"]?.string ?? "") + "|" + (node["value"]?.string ?? "")
        writer.member("value", string: pseudonyms.token(value))
        writer.endObject()
        return writer.bytes
    }

    /// The reference with tokens for ids; what is not literal becomes a token of its identifier, or goes.
    private func reference(_ node: JSONNode) -> MaskingOutcome {
        var writer = JSONWriter()
        writer.beginObject()
        if let text = node["reference"]?.string {
            if let mapped = mapped(text) {
                writer.member("reference", string: mapped)
            } else if text.hasPrefix("#"), text.count > 1 {
                writer.member("reference", string: "#" + pseudonyms.token(text))
            }
        }
        if let type = node["type"] { writer.member("type", node: type) }
        if let identifier = node["identifier"] { writer.member("identifier", raw: token(identifier)) }
        writer.endObject()
        return writer.bytes.count > 2 ? .replace(writer.bytes) : .drop
    }

    /// The address of a resource with a token for its id, whether it is relative, absolute or a UUID.
    private func mapped(_ address: String) -> String? {
        if let literal = LiteralReference(address) { return literal.type + "/" + pseudonyms.token(literal.text) }
        if address.hasPrefix("urn:") {
            let digits = Array(pseudonyms.token(address))
            let groups = [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]]
            return "urn:uuid:" + groups.map { String($0) }.joined(separator: "-")
        }
        guard address.hasPrefix("http"), !address.contains("?") else { return nil }
        let parts = address.split(separator: "/")
        guard parts.count > 2, let literal = LiteralReference(parts.suffix(2).joined(separator: "/")) else {
            return nil
        }
        return "https://healthbrain.dev/fhir/research/" + literal.type + "/" + pseudonyms.token(literal.text)
    }

    private func age(_ node: JSONNode) -> MaskingOutcome {
        guard let value = node["value"]?.double, value >= 90, node["code"]?.string == "a" else { return .descend }
        return .replace(
            Array(#"{"value":90,"comparator":">=","system":"http://unitsofmeasure.org","code":"a"}"#.utf8))
    }

    private func time(_ node: JSONNode, _ member: Member) -> MaskingOutcome {
        guard member.name != "birthDate", let text = node.string else { return .drop }
        return ShiftedDate.shifted(text, days: shiftDays, isEnd: member.name == "end").map { .replace(jsonQuoted($0)) }
            ?? .drop
    }

    /// Words that are no code go; the words of a code, units and places to the district stay.
    private func string(
        _ node: JSONNode, _ member: Member, _ structure: Structure, _ parent: JSONNode
    ) -> MaskingOutcome {
        switch (structure.name, member.name) {
        case ("Coding", _), ("Address", "city"), ("Address", "district"), ("Address", "state"), ("Address", "country"),
            ("Age", _), ("Quantity", _), ("Duration", _), ("Count", _), ("Distance", _), ("SampledData", _),
            (_, "linkId"):
            .keep
        case ("Organization", "name"): .replace(jsonQuoted(pseudonyms.token("name \(node.string ?? "")")))
        case ("CodeableConcept", _): parent["coding"] == nil ? .replace(jsonQuoted("***")) : .drop
        case ("Parameters.parameter", "name"): .keep
        case ("Parameters.parameter", _): .replace(jsonQuoted("***"))
        case (let name, _) where name.hasPrefix("MolecularSequence"): .keep
        default: .drop
        }
    }
}
