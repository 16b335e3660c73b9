import FHIR
import JSON

/// Leaves of a member of staff what a public directory shows: name, institution, title; no phone, address or birth date.
struct DirectoryMasking: MaskingRule {
    let marks = ["REDACTED"]
    let keepsVersion = true

    func id(of resource: JSONNode, isContained: Bool) -> String? { resource["id"]?.string }

    func outcome(_ member: Member, in structure: Structure, _ node: JSONNode, parent: JSONNode) -> MaskingOutcome {
        switch member.type {
        case "ContactPoint", "Address", "Attachment", "Narrative", "base64Binary": return .drop
        case "string" where structure.name == "Identifier" && member.name == "value":
            let value = ContactText.maskedIdentifier(node.string ?? "", system: parent["system"]?.string)
            return .replace(jsonQuoted(value))
        default: break
        }
        if member.name == "birthDate" { return .drop }
        return member.structureIndex == nil ? .keep : .descend
    }

    func additions(to object: JSONNode, _ structure: Structure) -> [(String, [UInt8])] { [] }
}
