public import JSON

/// The texts that tell who somebody is: names, numbers, phones, addresses. Nothing that holds one of them leaves in a copy for
/// research, wherever it stands.
public struct DirectIdentifiers: Sendable, Hashable {
    /// The texts.
    public private(set) var texts: Set<String> = []

    /// Nobody's.
    public init() {}

    /// Those of a Patient, or of any resource that has names, numbers, phones or addresses, contacts included.
    public init(of resource: JSONNode) {
        var waiting = [resource]
        while let node = waiting.popLast() {
            for (key, value) in node.members {
                let values = value.isArray ? Array(value.elements) : [value]
                switch key.string {
                case "name": for name in values { add(name: name) }
                case "identifier", "telecom": for value in values { add(value["value"]?.string, least: 4) }
                case "address":
                    for address in values {
                        add(address["text"]?.string, least: 4)
                        for line in address["line"].map({ Array($0.elements) }) ?? [] { add(line.string, least: 4) }
                    }
                case "contact", "contained": waiting += values
                default: break
                }
            }
        }
    }

    /// Those of several together.
    public mutating func add(_ other: DirectIdentifiers) { texts.formUnion(other.texts) }

    private mutating func add(name: JSONNode) {
        let given = name["given"].map { $0.elements.compactMap(\.string) } ?? []
        add(name["text"]?.string, least: 2)
        guard let family = name["family"]?.string else { return }
        add(family + given.joined(), least: 2)
        for one in given { add("\(one) \(family)", least: 3) }
    }

    private mutating func add(_ text: String?, least: Int) {
        guard let text, text.count >= least else { return }
        texts.insert(text)
    }

    /// Whether a primitive holds one of the texts, or anything in the form of a number of a paper, a phone or a mail address.
    ///
    /// - Parameters:
    ///   - type: FHIR's type of the primitive.
    ///   - parent: the object that holds it.
    func tells(_ node: JSONNode, _ type: String, _ parent: JSONNode) -> Bool {
        guard let text = node.string ?? node.numberText else { return false }
        if texts.contains(where: text.contains) { return true }
        switch type {
        case "boolean", "time": return false
        case "uuid", "oid": return type == "uuid"
        case "uri", "url", "canonical":
            if text.hasPrefix("urn:oid:") { return false }
            return !text.hasPrefix("http") || FreeText().masked(text) != text
        case "decimal", "integer", "positiveInt", "unsignedInt": return text.filter(\.isNumber).count >= 11
        default:
            // Codes of SNOMED CT are numbers of up to 18 digits.
            if parent["system"]?.equals("http://snomed.info/sct") == true { return false }
            return FreeText().masked(text) != text
        }
    }
}
