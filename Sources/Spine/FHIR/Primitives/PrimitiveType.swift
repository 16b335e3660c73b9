/// The primitive types of R4.
public enum PrimitiveType: String, Sendable, CaseIterable {
    /// Bytes in Base64.
    case base64Binary
    /// `true` or `false`.
    case boolean
    /// A URI that names a canonical resource, perhaps with `|version`.
    case canonical
    /// A code from a system known from the context.
    case code
    /// A date, or a part of one from the year on.
    case date
    /// A date, or a part of one, or a date with time and zone.
    case dateTime
    /// A rational number in decimal digits.
    case decimal
    /// A logical id.
    case id
    /// An instant, to the second at least, with zone.
    case instant
    /// An integer of 32 bits.
    case integer
    /// Text in Markdown.
    case markdown
    /// An OID as a URI.
    case oid
    /// An integer above zero.
    case positiveInt
    /// A text.
    case string
    /// A time of day.
    case time
    /// An integer of zero or more.
    case unsignedInt
    /// A URI.
    case uri
    /// A URL.
    case url
    /// A UUID as a URI.
    case uuid
    /// A narrative in a part of XHTML.
    case xhtml

    /// The type's name in FHIR.
    public var name: String {
        rawValue
    }

    /// - Parameter name: a type's name in FHIR, such as `dateTime`.
    public init?(name: String) {
        guard let type = Self.byName[name] else { return nil }
        self = type
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// Whether a text has the form of the type: exactly what FHIR's regular expression for it matches, with `\s` as the
    /// ASCII whitespace. For xhtml, which has none: a text that begins with `<div`.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }

    /// Whether a text in UTF-8 has the form of the type.
    public func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .base64Binary: Form.base64(text)
        case .boolean: Form.equals(text, "true") || Form.equals(text, "false")
        case .canonical, .uri, .url: !text.contains(where: Form.isSpace)
        case .code: Form.code(text)
        case .date: DateForm(text)?.isDate ?? false
        case .dateTime: DateForm(text)?.isDateTime ?? false
        case .instant: DateForm(text)?.isInstant ?? false
        case .time: Form.time(text)
        case .decimal: Form.decimal(text)
        case .integer: Form.integer(text)
        case .positiveInt: Form.digits(text, from: 0) && text[0] != UInt8(ascii: "0")
        case .unsignedInt: Form.naturalNumber(text, from: 0)
        case .id: Form.id(text)
        case .markdown, .string: !text.isEmpty && !text.contains(where: Form.isForbiddenInText)
        case .oid: Form.oid(text)
        case .uuid: Form.uuid(text)
        case .xhtml: Form.hasPrefix(text, "<div")
        }
    }
}
