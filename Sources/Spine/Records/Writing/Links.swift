import JSON

/// What stands for what in a transaction: the `fullUrl`s of its entries, and its conditional references
/// (FHIR R4, http.html#trules).
struct Links: Sendable {
    private let targets: [String: String]
    /// The lengths of the links in UTF-8: a string of another length is none of them.
    private let lengths: Set<Int>

    init(_ targets: [String: String] = [:]) {
        self.targets = targets
        lengths = Set(targets.keys.map(\.utf8.count))
    }

    /// Replaces every string of the document that is a link: references, and other uris alike.
    func follow(in document: JSONDocument, _ edits: inout JSONEdits) {
        guard !targets.isEmpty else { return }
        var found: [(Int, String)] = []
        document.withCursor { walk($0, 0, &found) }
        for (place, target) in found { edits.replace(document.node(at: place), with: jsonQuoted(target)) }
    }

    private func walk(_ cursor: JSONCursor, _ place: Int, _ found: inout [(Int, String)]) {
        switch cursor.kind(place) {
        case .object:
            let end = cursor.next(place)
            var key = place + 1
            while key < end {
                walk(cursor, key + 1, &found)
                key = cursor.next(key + 1)
            }
        case .array:
            let end = cursor.next(place)
            var element = place + 1
            while element < end {
                walk(cursor, element, &found)
                element = cursor.next(element)
            }
        case .string:
            let text = cursor.characters(place)
            guard lengths.contains(text.count), !cursor.hasEscapes(place),
                let target = targets[String(decoding: text, as: UTF8.self)]
            else { return }
            found.append((place, target))
        default: break
        }
    }
}
