import JSON

/// Small things that advice is made of.
enum AdviceText {
    /// `Type/id` of a resource.
    static func reference(_ root: JSONNode) -> String {
        "\(root["resourceType"]?.string ?? "")/\(root["id"]?.string ?? "")"
    }

    /// What a resource is of: `system|code`, of a concept's codings; its text where it has none.
    static func codes(_ root: JSONNode) -> Set<String> {
        let concept = root["code"] ?? root["vaccineCode"] ?? root["medicationCodeableConcept"]
        let codings = concept?.list("coding").compactMap { coding in
            coding["code"]?.string.map { "\(coding["system"]?.string ?? "")|\($0)" }
        }
        guard let codings, !codings.isEmpty else { return concept?["text"]?.string.map { ["|\($0)"] } ?? [] }
        return Set(codings)
    }
}

extension JSONNode {
    /// The elements of an array; none where it isn't there.
    func list(_ key: JSONKey) -> [JSONNode] { self[key].map { $0.isArray ? Array($0.elements) : [] } ?? [] }
}
