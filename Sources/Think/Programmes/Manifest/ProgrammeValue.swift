public import FHIRPath
import JSON

/// A value of a parameter.
public enum ProgrammeValue: Sendable, Hashable {
    /// A number, as written: `6.5`, `7.0`.
    case decimal(String)
    /// A whole number.
    case integer(Int)
    /// `true` or `false`.
    case boolean(Bool)
    /// A text.
    case string(String)
    /// A day.
    case date(String)
    /// A code.
    case code(String)
    /// A number as written, and its unit by UCUM.
    case quantity(String, unit: String)
    /// A span of time.
    case duration(ProgrammeDuration)

    /// For expressions: the collection that `%name` stands for.
    public var fhirPath: FHIRPathValue {
        switch self {
        case .decimal(let text): .decimal(FHIRPathDecimal(text) ?? FHIRPathDecimal(0))
        case .integer(let number): .integer(number)
        case .boolean(let truth): .boolean(truth)
        case .string(let text), .code(let text): .string(text)
        case .date(let text): Self.dateNode(text)
        case .quantity(let text, let unit):
            .quantity(FHIRPathQuantity(FHIRPathDecimal(text) ?? FHIRPathDecimal(0), unit))
        case .duration(let duration): .quantity(duration.quantity)
        }
    }

    private static func dateNode(_ text: String) -> FHIRPathValue {
        guard let document = try? JSONDocument(parsing: [0x5B] + jsonQuoted(text) + [0x5D]), let node = document.root[0]
        else { return .string(text) }
        return .node(FHIRPathNode(node, typeName: "date"))
    }

    /// As it is written in `programme.yaml`.
    public var text: String {
        switch self {
        case .decimal(let text), .string(let text), .date(let text), .code(let text), .quantity(let text, _): text
        case .integer(let number): String(number)
        case .boolean(let truth): String(truth)
        case .duration(let duration): duration.description
        }
    }

    /// For people.
    public func words(_ language: ProgrammeText.Language) -> String {
        switch self {
        case .boolean(let truth): language == .zh ? (truth ? "是" : "否") : (truth ? "yes" : "no")
        case .quantity(let text, let unit): "\(text) \(unit)"
        case .duration(let duration): duration.words(language)
        default: text
        }
    }

    /// Whether it is less than another of its kind; nil where that isn't asked.
    func isLess(than other: ProgrammeValue) -> Bool? {
        switch (self, other) {
        case (.decimal(let one), .decimal(let two)), (.quantity(let one, _), .quantity(let two, _)):
            (Double(one) ?? 0) < (Double(two) ?? 0)
        case (.integer(let one), .integer(let two)): one < two
        case (.date(let one), .date(let two)): one < two
        case (.duration(let one), .duration(let two)): one.days < two.days
        default: nil
        }
    }
}
