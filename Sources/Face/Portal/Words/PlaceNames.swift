import JSON

/// The names of cities and districts by GB/T 2260 code, in both languages.
struct PlaceNames: Sendable {
    private let names: [Int: [Language: String]]

    /// Reads the table that ships with the module.
    init() throws(PortalError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: try PortalResources.bytes("places.json"))
        } catch {
            throw PortalError.malformedResource(path: "places.json", reason: "\(error)")
        }
        var names: [Int: [Language: String]] = [:]
        for (key, value) in document.root.members {
            guard let code = key.string.flatMap({ Int($0) }) else { continue }
            for language in Language.allCases {
                names[code, default: [:]][language] = value[JSONKey(language.rawValue)]?.string
            }
        }
        self.names = names
    }

    /// The name of a place; its code when we have no name for it, nil for 0.
    func name(_ code: Int, _ language: Language) -> String? {
        code == 0 ? nil : names[code]?[language] ?? "\(code)"
    }
}
