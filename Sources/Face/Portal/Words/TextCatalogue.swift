import Foundation
import JSON

/// Every text of the pages, in every language, from `Resources/texts`.
///
/// A text may hold places such as `{n}`. A key with the ending `_one` is the singular of the key without it.
struct TextCatalogue: Sendable {
    private let texts: [Language: [String: String]]
    /// What the house says in English of bad input, in Chinese.
    private let faults: FaultTexts

    /// Reads the catalogue that ships with the module.
    init() throws(PortalError) {
        var texts: [Language: [String: String]] = [:]
        for language in Language.allCases {
            texts[language] = try Self.read("texts/\(language.rawValue).json")
        }
        self.texts = texts
        faults = FaultTexts(try Self.read("texts/faults.zh.json"))
    }

    /// The texts of a language, by key.
    func table(_ language: Language) -> [String: String] { texts[language] ?? [:] }

    /// What the house says of bad input, in another language than English.
    func faults(_ language: Language) -> FaultTexts? { language == .zh ? faults : nil }

    private static func read(_ path: String) throws(PortalError) -> [String: String] {
        let bytes = try PortalResources.bytes(path)
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: bytes)
        } catch {
            throw PortalError.malformedResource(path: path, reason: "\(error)")
        }
        var table: [String: String] = [:]
        for (key, value) in document.root.members {
            guard let key = key.string, let text = value.string else {
                throw PortalError.malformedResource(path: path, reason: "a text is not a string")
            }
            table[key] = text
        }
        return table
    }
}
