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

    /// A document that was changed since a merge with the references turned back that the merge had turned, wherever they
    /// stand now: known again by what surrounds them, not by their places in lists.
    ///
    /// - Parameters:
    ///   - after: the document as the merge left it.
    ///   - places: where the merge turned references in it.
    /// - Returns: nil where none of them is there any more.
    static func turnedBack(
        _ document: JSONDocument, after: JSONDocument, at places: [String], from old: String, to new: String
    ) throws -> JSONDocument? {
        let turned = Set(places)
        let before = mentions(of: old, in: after)
        let now = mentions(of: old, in: document)
        var edits = JSONEdits()
        func turn(_ mention: Mention) { edits.replace(mention.node, with: jsonQuoted("Patient/" + new)) }
        for path in Set(before.map(\.path)) {
            var left = before.filter { $0.path == path }
            var found = now.filter { $0.path == path }
            // What is alike is the same; of several that are alike the one at the same place.
            let depth = left.first?.around.count ?? 0
            // The place alone tells nothing where it may be another's.
            let least = left.allSatisfy { turned.contains($0.pointer) } ? 1 : 2
            for score in stride(from: 2 * depth + 1, through: least, by: -1) {
                for mention in left {
                    guard let place = found.firstIndex(where: { $0.likeness(to: mention) == score }) else { continue }
                    if turned.contains(mention.pointer) { turn(found[place]) }
                    found.remove(at: place)
                    left.removeAll { $0.pointer == mention.pointer }
                }
            }
            // All that is left was turned, and as many stand there, changed and moved.
            if left.count == found.count, left.allSatisfy({ turned.contains($0.pointer) }) { found.forEach(turn) }
        }
        return edits.isEmpty ? nil : try JSONDocument(parsing: edits.applied(to: document))
    }

    /// A reference to a Patient.
    private struct Mention {
        let node: JSONNode
        let pointer: String
        /// The pointer without the places in lists.
        let path: String
        /// The entries of lists that it stands in, the outermost first.
        let around: [[UInt8]]

        /// How much alike two of one path are; 0 for not at all.
        func likeness(to other: Mention) -> Int {
            2 * zip(around, other.around).count { $0 == $1 } + (pointer == other.pointer ? 1 : 0)
        }
    }

    private static func mentions(of patient: String, in document: JSONDocument) -> [Mention] {
        places(of: patient, in: document).compactMap { pointer in
            var node = document.root
            var path = ""
            var around: [[UInt8]] = []
            for step in pointer.split(separator: "/") {
                if node.isArray, let index = Int(step), index < node.count {
                    guard let element = node[index] else { return nil }
                    node = element
                    around.append(node.compactText())
                } else if let next = node[JSONKey(String(step))] {
                    node = next
                    path += "/" + step
                } else {
                    return nil
                }
            }
            return Mention(node: node, pointer: pointer, path: path, around: around)
        }
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
