import JSON

/// Refusals as the shelf keeps them.
enum RefusalText {
    /// At most this many of one item are kept.
    private static let refusalsMax = 100

    static func encode(_ refusals: [Refusal]) -> String {
        var json = JSONWriter()
        json.beginArray()
        for refusal in refusals.prefix(refusalsMax) {
            json.beginObject()
            json.member("step", string: refusal.step.rawValue)
            json.member("rule", string: refusal.rule)
            json.member("place", string: refusal.place)
            json.member("what", string: refusal.what)
            json.member("hint", string: refusal.hint)
            json.endObject()
        }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func decode(_ text: String) -> [Refusal] {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)) else { return [] }
        return document.root.elements.map { node in
            func text(_ key: JSONKey) -> String { node[key]?.string ?? "" }
            return Refusal(
                step: Step(rawValue: text("step")) ?? .read, rule: text("rule"), place: text("place"),
                what: text("what"), hint: text("hint"))
        }
    }
}
