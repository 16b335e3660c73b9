public import JSON

/// One concept of a code system.
public struct Concept: Sendable {
    /// The system that has it.
    public let table: CodeSystemTable
    let ordinal: Int

    /// The code as the system writes it.
    public var code: String { table.codes[ordinal] }

    /// The preferred name; nil when the system gives none.
    public var display: String? { table.nodes[ordinal]["display"]?.string }

    /// The definition; nil when the system gives none.
    public var definition: String? { table.nodes[ordinal]["definition"]?.string }

    /// Whether the concept is not to be used for new data.
    public var isInactive: Bool { table.isInactive(ordinal) }

    /// Whether the concept only groups others.
    public var isAbstract: Bool { table.isAbstract(ordinal) }

    /// Names in other languages or for other uses.
    public var designations: [Designation] {
        Designation.list(table.nodes[ordinal])
    }

    /// The properties as the resource gives them.
    public var properties: [ConceptProperty] {
        (table.nodes[ordinal]["property"]?.elements).map { elements in
            elements.compactMap { ConceptProperty($0) }
        } ?? []
    }

    /// The codes directly above.
    public var parents: [String] { table.hierarchy.parents[ordinal].map { table.codes[Int($0)] } }

    /// The codes directly below.
    public var children: [String] { table.hierarchy.children[ordinal].map { table.codes[Int($0)] } }

    /// The name in a language.
    ///
    /// - Parameter language: BCP 47 tags separated by commas, the best first; nil for the preferred name.
    /// - Returns: the first designation in one of the languages; else the preferred name.
    public func display(in language: Languages?) -> String? {
        language?.name(display, table.language, table.nodes[ordinal]) ?? display
    }
}

extension CodeSystemTable {
    /// The concept with a code.
    public func concept(_ code: String) -> Concept? {
        ordinal(code).map { Concept(table: self, ordinal: $0) }
    }
}

/// A name of a concept beside its display.
public struct Designation: Sendable {
    /// The resource's own element: `language`, `use`, `value`.
    public let node: JSONNode
    /// The name.
    public let value: String
    /// A BCP 47 tag; nil when not said.
    public var language: String? { node["language"]?.string }

    static func list(_ node: JSONNode) -> [Designation] {
        guard let elements = node["designation"]?.elements else { return [] }
        return elements.compactMap { node in node["value"]?.string.map { Designation(node: node, value: $0) } }
    }
}

/// A property of a concept.
public struct ConceptProperty: Sendable {
    /// The property's code.
    public let code: String
    /// The name of the member that holds the value: `valueCode`.
    public let member: String
    /// The value.
    public let value: JSONNode

    init?(_ node: JSONNode) {
        guard let code = node["code"]?.string,
            let found = node.members.first(where: { $0.key.string?.hasPrefix("value") ?? false }),
            let member = found.key.string
        else { return nil }
        self.code = code
        self.member = member
        value = found.value
    }

    /// The value as filters compare it: text as it is, numbers as written, a Coding by its code.
    public var text: String? {
        value.string ?? value.numberText ?? value.bool.map { $0 ? "true" : "false" } ?? value["code"]?.string
    }
}

/// The languages that somebody wants names in, the best first: `zh-CN,en`.
public struct Languages: Sendable, Hashable {
    /// The text as it came.
    public let text: String
    private let tags: [String]

    /// - Parameter text: BCP 47 tags as `displayLanguage` or `Accept-Language` has them; weights are taken in the order
    ///   of writing.
    public init(_ text: String) {
        self.text = text
        tags = text.split(separator: ",").map { part in
            (part.split(separator: ";").first ?? "").filter { $0 != " " }.lowercased()
        }
    }

    /// Whether a tag is one of these, or narrower than one of them.
    public func matches(_ tag: String) -> Bool { tags.contains { Self.covers($0, tag.lowercased()) } }

    func name(_ display: String?, _ language: String?, _ node: JSONNode) -> String? {
        let designations = Designation.list(node)
        for wanted in tags {
            if let language, let display, Self.covers(wanted, language.lowercased()) { return display }
            if let found = designations.first(where: { Self.covers(wanted, $0.language?.lowercased() ?? "-") }) {
                return found.value
            }
        }
        return nil
    }

    /// `zh` covers `zh-CN`; `zh-CN` is also served by plain `zh`.
    private static func covers(_ wanted: String, _ tag: String) -> Bool {
        wanted == "*" || tag == wanted || tag.hasPrefix(wanted + "-") || wanted.hasPrefix(tag + "-")
    }
}
