import JSON

/// References to one person that are turned to another.
enum ReferenceRewriting {
    /// Where a document refers to a Patient, as JSON pointers in the order of the text. References to one version of it are
    /// left as they are: they name that very version.
    static func places(of patient: String, in document: JSONDocument) -> [String] {
        var places: [String] = []
        walk(document.root, "") { node, pointer in
            if node.equals("Patient/" + patient) { places.append(pointer) }
        }
        return places
    }

    /// The document with the references at the places turned.
    ///
    /// - Returns: nil where none of the places refers to `old` (any more).
    static func turned(
        _ document: JSONDocument, at places: [String], from old: String, to new: String
    ) throws -> JSONDocument? {
        var edits = JSONEdits()
        let wanted = Set(places)
        walk(document.root, "") { node, pointer in
            if wanted.contains(pointer), node.equals("Patient/" + old) {
                edits.replace(node, with: jsonQuoted("Patient/" + new))
            }
        }
        return edits.isEmpty ? nil : try JSONDocument(parsing: edits.applied(to: document))
    }

    /// Calls `body` with every `reference` of the document.
    private static func walk(_ node: JSONNode, _ pointer: String, _ body: (JSONNode, String) -> Void) {
        if node.isObject {
            for member in node.members {
                guard let key = member.key.string else { continue }
                let place = pointer + "/" + key
                if key == "reference", member.value.isString {
                    body(member.value, place)
                } else {
                    walk(member.value, place, body)
                }
            }
        } else if node.isArray {
            for (index, element) in node.elements.enumerated() { walk(element, pointer + "/\(index)", body) }
        }
    }
}
