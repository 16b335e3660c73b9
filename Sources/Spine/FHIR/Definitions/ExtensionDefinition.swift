import JSON

/// What R4 says of one of its own extensions.
public struct ExtensionDefinition: Sendable {
    /// An extension inside the extension.
    public struct Part: Sendable {
        /// Its URL, which is a plain name.
        public let url: String
        /// How many there must be at least.
        public let min: Int
        /// How many there may be; nil: any number.
        public let max: Int?
        /// The types its value may have; empty where it has none.
        public let types: [String]
    }

    /// The canonical URL.
    public let url: String
    /// Whether it can change the meaning of what holds it, and so stands in `modifierExtension`.
    public let isModifier: Bool
    /// The elements that it may stand on: `Patient`, `HumanName.family`, `Element` for any.
    public let contexts: [String]
    /// The types its value may have; empty where it has none.
    public let types: [String]
    /// How many values there must be at least.
    public let valueMin: Int
    /// The extensions inside, in the order of the definition.
    public let parts: [Part]
}

extension Definitions {
    /// The extensions that R4 defines itself, by canonical URL; read anew on each call.
    ///
    /// - Throws: when the package's own resources are missing or damaged.
    public func extensions() throws(DefinitionsError) -> [String: ExtensionDefinition] {
        let reader = try DefinitionsReader("extensions.json")
        let rows = try reader.records(of: reader.document.root) { fields -> ExtensionDefinition? in
            guard let url = fields.string(), let isModifier = fields.integer(), let contexts = fields.node(),
                let types = fields.node(), let valueMin = fields.integer(), let parts = fields.node()
            else { return nil }
            return ExtensionDefinition(
                url: url, isModifier: isModifier != 0, contexts: contexts.elements.compactMap(\.string),
                types: types.elements.compactMap(\.string), valueMin: valueMin,
                parts: parts.elements.compactMap { part in
                    guard let url = part[0]?.string, let min = part[1]?.integer, let max = part[2]?.integer,
                        let types = part[3]?.elements.compactMap(\.string)
                    else { return nil }
                    return .init(url: url, min: min, max: max < 0 ? nil : max, types: types)
                })
        }
        return Dictionary(rows.map { ($0.url, $0) }) { first, _ in first }
    }
}
