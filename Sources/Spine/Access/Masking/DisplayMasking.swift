import FHIR
import JSON

/// Masks persons for the screen, by the display table of GB/T 39725-2020.
struct DisplayMasking: MaskingRule {
    let now: Int64
    let text: FreeText
    let marks = ["MASKED"]
    let keepsVersion = true

    func id(of resource: JSONNode, isContained: Bool) -> String? { resource["id"]?.string }

    func outcome(_ member: Member, in structure: Structure, _ node: JSONNode, parent: JSONNode) -> MaskingOutcome {
        switch member.type {
        case "Narrative":
            return structure.kind == .resource ? .drop : .replace(Self.emptyNarrative)
        case "base64Binary": return .drop
        case "Attachment": return member.name == "photo" ? .drop : .descend
        case "Extension": return isHidden(node) ? .drop : .descend
        case "string" where structure.name == "Reference" && member.name == "reference": return Self.withoutQuery(node)
        case "string", "markdown": return .replace(jsonQuoted(string(node.string ?? "", member, structure, parent)))
        default: break
        }
        if structure.name == "Attachment", member.name == "url" {
            // What an attachment points to is read, and decided, by itself.
            return node.string.flatMap { LiteralReference($0) } == nil ? .drop : .keep
        }
        if structure.name.hasPrefix("Bundle."), member.type == "uri" { return Self.withoutQuery(node) }
        if member.name == "birthDate", member.type == "date" { return birthDate(node) }
        return member.structureIndex == nil ? .keep : .descend
    }

    func additions(to object: JSONNode, _ structure: Structure) -> [(String, [UInt8])] {
        guard structure.kind == .resource, let born = object["birthDate"]?.string, isVeryOld(born) else { return [] }
        return [("_birthDate", AgeBands.hiddenBirthDate("90+"))]
    }

    private func isVeryOld(_ born: String) -> Bool { (CivilAge.years(born: born, at: now) ?? 0) >= 90 }

    private func birthDate(_ node: JSONNode) -> MaskingOutcome {
        guard let born = node.string, !isVeryOld(born) else { return .drop }
        return .replace(jsonQuoted(String(born.prefix(4))))
    }

    private func string(_ value: String, _ member: Member, _ structure: Structure, _ parent: JSONNode) -> String {
        switch (structure.name, member.name) {
        case ("HumanName", "family"): return PersonNames.maskedFamily(value)
        case ("HumanName", "given"): return PersonNames.maskedGiven(value)
        case ("HumanName", "text"): return PersonNames.masked(value)
        case ("HumanName", _): return value
        case ("ContactPoint", "value"): return contact(value, parent["system"]?.string)
        case ("Identifier", "value"): return ContactText.maskedIdentifier(value, system: parent["system"]?.string)
        case ("Address", "line"), ("Address", "text"): return ContactText.maskedAddress(value) ?? "***"
        case ("Address", "postalCode"): return "***"
        case ("Address", _): return value
        case ("Reference", "display"):
            let type = parent["reference"]?.string.flatMap { LiteralReference($0) }?.type ?? parent["type"]?.string
            let isPublic = type.map { ResourceClass.of($0) != .personal || $0.hasPrefix("Practitioner") } ?? false
            return isPublic ? value : isPerson(type) ? PersonNames.masked(value) : text.masked(value)
        case ("Extension", "valueString") where parent["url"]?.string?.hasSuffix("mothersMaidenName") == true:
            return PersonNames.masked(value)
        default: return text.masked(value)
        }
    }

    /// An address without its query, which may search for a name or a number.
    static func withoutQuery(_ node: JSONNode) -> MaskingOutcome {
        guard let text = node.string, let query = text.firstIndex(of: "?") else { return .keep }
        return .replace(jsonQuoted(String(text[..<query])))
    }

    /// A subject without a type is a person until it is known better.
    private func isPerson(_ type: String?) -> Bool {
        guard let type else { return true }
        return ["Patient", "Person", "RelatedPerson"].contains(type)
    }

    private func contact(_ value: String, _ system: String?) -> String {
        switch system {
        case "phone", "fax", "sms", "pager": ContactText.maskedPhone(value)
        case "email": ContactText.maskedMail(value)
        default: "***"
        }
    }

    /// Where somebody lives to the metre, and when they were born to the minute.
    private func isHidden(_ element: JSONNode) -> Bool {
        let url = element["url"]?.string ?? ""
        return url.hasSuffix("/geolocation") || url.hasSuffix("/patient-birthTime")
    }

    static let emptyNarrative = Array(
        #"{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">***</div>"}"#.utf8)
}
