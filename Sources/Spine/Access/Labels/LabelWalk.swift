import JSON

/// One walk through a resource that gathers codes and references, however deep.
struct LabelWalk {
    /// Whether codes of notifiable diseases make the resource case data.
    let tellsCase: Bool
    var sensitivities: Set<Sensitivity> = []
    var diseases: Set<String> = []
    var codes: Set<Token> = []
    var references: Set<String> = []
    var organisations: Set<String> = []
    var practitioners: Set<String> = []

    init(tellsCase: Bool) { self.tellsCase = tellsCase }

    /// Elements whose organisation answers for the resource; others (who pays, who receives) do not.
    private static let answering: Set<String> = [
        "author", "custodian", "facility", "managingOrganization", "onBehalfOf", "organization", "owner", "partOf",
        "performer", "providedBy", "provider", "requester", "sender", "serviceProvider",
    ]

    mutating func visit(_ node: JSONNode, key: String, parent: String) {
        if node.isArray {
            for element in node.elements { visit(element, key: key, parent: parent) }
            return
        }
        guard node.isObject else { return }
        if key == "security", parent == "meta" {
            readLabel(node)
            return
        }
        readCode(node, key)
        readReference(node, key, parent)
        for (name, value) in node.members where value.isObject || value.isArray {
            visit(value, key: name.string ?? "", parent: key)
        }
    }

    private mutating func readLabel(_ label: JSONNode) {
        let system = label["system"]?.string ?? ""
        let code = label["code"]?.string ?? ""
        codes.insert(Token(system: system, code: code))
        if let category = SensitivityTables.category(ofLabel: system, code) { sensitivities.insert(category) }
    }

    private mutating func readCode(_ node: JSONNode, _ key: String) {
        if let code = node["code"]?.string {
            let system = node["system"]?.string ?? ""
            codes.insert(Token(system: system, code: code))
            sensitivities.formUnion(
                SensitivityTables.categories(
                    system: system, code: code, display: node["display"]?.string ?? ""))
            if tellsCase { diseases.formUnion(NotifiableDiseases.ids(system: system, code: code)) }
        } else if node["reference"] == nil, let display = node["display"]?.string {
            sensitivities.formUnion(SensitivityTables.categories(ofText: display))
        }
        if key != "note", Self.isConcept(node), let text = node["text"]?.string {
            sensitivities.formUnion(SensitivityTables.categories(ofText: text))
        }
    }

    /// Whether an object has the members of a CodeableConcept and no others.
    private static func isConcept(_ node: JSONNode) -> Bool {
        node.members.allSatisfy { key, _ in
            key.equals("text") || key.equals("coding") || key.equals("id") || key.equals("extension")
        }
    }

    private mutating func readReference(_ node: JSONNode, _ key: String, _ parent: String) {
        guard let reference = LiteralReference(node) else { return }
        references.insert(reference.text)
        switch reference.type {
        case "Organization":
            let isAnswering = Self.answering.contains(key) || (key == "actor" && Self.answering.contains(parent))
            if isAnswering { organisations.insert(reference.id) }
        case "Practitioner", "PractitionerRole": practitioners.insert(reference.text)
        default: break
        }
    }
}
