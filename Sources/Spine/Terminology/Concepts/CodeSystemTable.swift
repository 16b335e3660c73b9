public import JSON

/// A CodeSystem resource made ready for questions: its concepts numbered in the order of the document, with their
/// hierarchy. Names and properties stay in the document and are read when asked for.
public final class CodeSystemTable: Sendable {
    /// How much of the system the resource holds (`CodeSystem.content`).
    public enum Content: String, Sendable {
        /// No concepts are here.
        case notPresent = "not-present"
        /// A few for illustration.
        case example
        /// Some of them.
        case fragment
        /// All of them.
        case complete
        /// Only designations and properties for another system.
        case supplement
    }

    /// The canonical URL.
    public let url: String
    /// The business version.
    public let version: String?
    /// The title, or the name where there is none, or the URL.
    public let name: String
    /// The language of the resource, which is that of its displays.
    public let language: String?
    /// How much of the system is here.
    public let content: Content
    /// Whether `a` and `A` are different codes; so too where the resource does not say.
    public let isCaseSensitive: Bool
    /// The canonical URL of the value set of all codes.
    public let valueSet: String?
    /// The codes, in the order of the document.
    public let codes: [String]
    let document: JSONDocument
    let nodes: [JSONNode]
    let hierarchy: Hierarchy
    private let ordinals: [String: Int32]
    private let flags: [Flags]

    /// What filters and expansions ask of every concept.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        /// Not to be used for new data: property `inactive`, or `status` retired or inactive.
        static let inactive = Flags(rawValue: 1)
        /// Only for grouping: property `notSelectable`, or `abstract`.
        static let abstract = Flags(rawValue: 2)
    }

    /// Reads a CodeSystem.
    ///
    /// - Throws: ``TerminologyError`` of kind `unprocessable` when it has no URL or a concept has no code or occurs twice.
    public init(_ resource: JSONNode) throws(TerminologyError) {
        guard let url = resource["url"]?.string else {
            throw TerminologyError(.unprocessable, "The CodeSystem has no url, so nothing can refer to it.")
        }
        self.url = url
        document = resource.document
        version = resource["version"]?.string
        name = resource["title"]?.string ?? resource["name"]?.string ?? url
        language = resource["language"]?.string
        content = resource["content"]?.string.flatMap(Content.init) ?? .complete
        isCaseSensitive = resource["caseSensitive"]?.bool ?? true
        valueSet = resource["valueSet"]?.string
        var reader = ConceptReader(resource, isCaseSensitive: isCaseSensitive)
        try reader.read()
        codes = reader.codes
        nodes = reader.nodes
        flags = reader.flags
        ordinals = reader.ordinals
        hierarchy = reader.hierarchy()
    }

    /// How many concepts there are.
    public var count: Int { codes.count }

    /// The place of a code; nil when the system does not have it.
    func ordinal(_ code: String) -> Int? {
        ordinals[isCaseSensitive ? code : code.lowercased()].map(Int.init)
    }

    /// Whether the system has the code.
    public func contains(_ code: String) -> Bool { ordinal(code) != nil }

    func isInactive(_ ordinal: Int) -> Bool { flags[ordinal].contains(.inactive) }

    func isAbstract(_ ordinal: Int) -> Bool { flags[ordinal].contains(.abstract) }
}

/// Walks the concepts of a CodeSystem once.
private struct ConceptReader {
    private static let concept: JSONKey = "concept"
    private static let code: JSONKey = "code"
    private static let property: JSONKey = "property"

    let resource: JSONNode
    let isCaseSensitive: Bool
    var codes: [String] = []
    var nodes: [JSONNode] = []
    var flags: [CodeSystemTable.Flags] = []
    var ordinals: [String: Int32] = [:]
    private var links: [(child: Int32, parent: Int32)] = []
    private var named: [(concept: Int32, code: String, isParent: Bool)] = []
    private var parentProperties: Set<String> = ["parent", "subsumedBy"]
    private var childProperties: Set<String> = ["child"]

    init(_ resource: JSONNode, isCaseSensitive: Bool) {
        self.resource = resource
        self.isCaseSensitive = isCaseSensitive
        for property in (resource["property"] ?? resource).elements {
            guard let code = property["code"]?.string else { continue }
            switch property["uri"]?.string {
            case "http://hl7.org/fhir/concept-properties#parent": parentProperties.insert(code)
            case "http://hl7.org/fhir/concept-properties#child": childProperties.insert(code)
            default: break
            }
        }
    }

    mutating func read() throws(TerminologyError) {
        // Nested concepts are walked without recursion: the depth is the document's, not ours to trust.
        var stack: [(JSONNode.Elements.Iterator, Int32)] = []
        if let list = resource[Self.concept] { stack.append((list.elements.makeIterator(), -1)) }
        while let (iterator, parent) = stack.last {
            var iterator = iterator
            guard let node = iterator.next() else {
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].0 = iterator
            let ordinal = try add(node, parent: parent)
            if let list = node[Self.concept] { stack.append((list.elements.makeIterator(), ordinal)) }
        }
        for (concept, code, isParent) in named {
            guard let other = ordinals[isCaseSensitive ? code : code.lowercased()] else { continue }
            links.append(isParent ? (concept, other) : (other, concept))
        }
    }

    private mutating func add(_ node: JSONNode, parent: Int32) throws(TerminologyError) -> Int32 {
        guard let code = node[Self.code]?.string else {
            throw TerminologyError(
                .unprocessable, "Concept \(codes.count + 1) of \(resource["url"]?.string ?? "") has no code.")
        }
        let ordinal = Int32(codes.count)
        guard ordinals.updateValue(ordinal, forKey: isCaseSensitive ? code : code.lowercased()) == nil else {
            throw TerminologyError(
                .unprocessable, "The code “\(code)” occurs twice in \(resource["url"]?.string ?? "").")
        }
        codes.append(code)
        nodes.append(node)
        if parent >= 0 { links.append((ordinal, parent)) }
        var flags: CodeSystemTable.Flags = []
        if let properties = node[Self.property] {
            for property in properties.elements { note(property, ordinal, &flags) }
        }
        self.flags.append(flags)
        return ordinal
    }

    private mutating func note(_ property: JSONNode, _ ordinal: Int32, _ flags: inout CodeSystemTable.Flags) {
        guard let name = property[Self.code]?.string else { return }
        switch name {
        case "inactive": if property["valueBoolean"]?.bool == true { flags.insert(.inactive) }
        case "status":
            let status = property["valueCode"]?.string ?? property["valueString"]?.string
            if status == "retired" || status == "inactive" { flags.insert(.inactive) }
        case "notSelectable", "abstract": if property["valueBoolean"]?.bool == true { flags.insert(.abstract) }
        default:
            guard let code = property["valueCode"]?.string ?? property["valueString"]?.string else { return }
            if parentProperties.contains(name) { named.append((ordinal, code, true)) }
            if childProperties.contains(name) { named.append((ordinal, code, false)) }
        }
    }

    func hierarchy() -> Hierarchy { Hierarchy(links: links, count: codes.count) }
}
