import FHIR
import JSON

/// Finds the texts of a resource for `_content` and `_text`.
///
/// Texts are what people read: elements of type string and markdown, and the narrative. Codes, ids, identifiers, numbers,
/// dates, addresses of the web, units and base64 are not texts; other parameters find them.
struct TextWalk {
    let definitions: Definitions
    /// Normal forms of everything but the narrative.
    private(set) var texts: Set<String> = []
    /// Normal forms of the narrative.
    private(set) var narrative: Set<String> = []
    private var bytes = 0

    /// Of one resource at most this many bytes are indexed.
    static let bytesMax = 262_144
    private static let passedOver: Set<String> = ["Identifier", "Meta", "SampledData", "Signature", "Expression"]

    init(definitions: Definitions) { self.definitions = definitions }

    mutating func resource(_ node: JSONNode) {
        guard let type = node["resourceType"]?.string, let structure = definitions.structure(type) else { return }
        object(node, structure)
    }

    private mutating func object(_ node: JSONNode, _ structure: Structure) {
        for (key, value) in node.members {
            guard let name = key.string, name != "id", let member = structure.member(name) else { continue }
            if value.isArray {
                for element in value.elements { self.value(element, member) }
            } else {
                self.value(value, member)
            }
        }
    }

    private mutating func value(_ node: JSONNode, _ member: Member) {
        if member.isPrimitive {
            guard node.isString, bytes < Self.bytesMax else { return }
            switch member.type {
            case "string", "markdown":
                guard member.name != "unit", member.name != "reference", let text = node.string else { return }
                add(FullText.normalised(text), to: \.texts)
            case "xhtml":
                guard let div = node.string else { return }
                add(FullText.normalised(FullText.text(ofNarrative: div)), to: \.narrative)
            default: return
            }
        } else if let index = member.structureIndex {
            guard !Self.passedOver.contains(member.type) else { return }
            object(node, definitions.structure(at: index))
        } else if member.type == "Resource" {
            resource(node)
        }
    }

    private mutating func add(_ text: String, to set: WritableKeyPath<TextWalk, Set<String>>) {
        guard !text.isEmpty else { return }
        bytes += text.utf8.count
        for piece in FullText.pieces(text) { self[keyPath: set].insert(piece) }
    }
}
