import JSON

/// A CodeableConcept as a person reads it: words, with the code small beside them.
struct Concept: Sendable, Hashable {
    let text: String
    let code: String?
    let system: String?

    init(text: String, code: String?, system: String? = nil) {
        self.text = text
        self.code = code == text ? nil : code
        self.system = system
    }

    /// The concept's text, else the display of a coding, else a code; nil when it has none of them.
    init?(_ node: JSONNode?) {
        guard let node else { return nil }
        let codings = Array((node["coding"] ?? node).elements)
        let first = codings.first { $0["display"] != nil } ?? codings.first
        let code = first?["code"]?.string
        guard let text = node["text"]?.string ?? first?["display"]?.string ?? code else { return nil }
        self.init(text: text, code: code, system: first?["system"]?.string)
    }
}
