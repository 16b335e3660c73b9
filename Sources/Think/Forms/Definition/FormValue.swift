import FHIR
public import FHIRPath
public import JSON

/// One value of an answer: JSON text with its type.
public struct FormValue: Sendable, Hashable {
    /// The types that `QuestionnaireResponse.item.answer.value[x]` has.
    public enum Kind: String, Sendable, CaseIterable {
        case boolean = "Boolean"
        case decimal = "Decimal"
        case integer = "Integer"
        case date = "Date"
        case dateTime = "DateTime"
        case time = "Time"
        case string = "String"
        case uri = "Uri"
        case attachment = "Attachment"
        case coding = "Coding"
        case quantity = "Quantity"
        case reference = "Reference"

        /// The name of the FHIR type: `dateTime`, `Coding`.
        var typeName: String {
            switch self {
            case .attachment, .coding, .quantity, .reference: rawValue
            default: rawValue.prefix(1).lowercased() + rawValue.dropFirst()
            }
        }
    }

    /// The type.
    public let kind: Kind
    /// The value as it stands in the document that holds it alone.
    public let node: JSONNode

    /// A value of a document.
    init(_ kind: Kind, _ node: JSONNode) {
        self.kind = kind
        self.node = node
    }

    /// A value from JSON text; nil when it isn't JSON.
    init?(_ kind: Kind, json: [UInt8]) {
        guard let document = try? JSONDocument(parsing: json) else { return nil }
        self.init(kind, document.root)
    }

    /// A text, date, time or address.
    init?(_ kind: Kind, text: String) { self.init(kind, json: jsonQuoted(text)) }

    /// The value in a choice `prefix[x]` of an element; nil where there is none, or one of another type.
    init?(_ holder: JSONNode, _ prefix: String) {
        guard let found = holder.choice(prefix), let kind = Kind(rawValue: found.type) else { return nil }
        self.init(kind, found.node)
    }

    /// The member that holds it in an answer: `valueCoding`.
    public var member: String { "value" + kind.rawValue }

    /// The JSON text without whitespace.
    public var json: [UInt8] { node.compactText() }

    /// The code of a Coding.
    public var code: String? { kind == .coding ? node["code"]?.string : nil }
    /// The system of a Coding.
    public var system: String? { kind == .coding ? node["system"]?.string : nil }
    /// The score of a Coding: its `ordinalValue`.
    public var weight: FHIRPathDecimal? {
        (node.extended(FormURL.ordinalValue) ?? node.extended(FormURL.itemWeight))?.numberText.flatMap {
            FHIRPathDecimal($0)
        }
    }

    /// The value as people write it: digits, characters, a display, a number with its unit.
    public var text: String {
        switch kind {
        case .boolean: node.bool == true ? "true" : "false"
        case .decimal, .integer: node.numberText ?? ""
        case .date, .dateTime, .time, .string, .uri: node.string ?? ""
        case .coding: node["display"]?.string ?? node["code"]?.string ?? ""
        case .quantity:
            (node["value"]?.numberText ?? "")
                + ((node["unit"] ?? node["code"])?.string.map { " " + $0 } ?? "")
        case .reference: node["display"]?.string ?? node["reference"]?.string ?? ""
        case .attachment: node["title"]?.string ?? node["url"]?.string ?? ""
        }
    }

    /// For FHIRPath.
    var path: FHIRPathValue { .node(FHIRPathNode(node, typeName: kind.typeName)) }

    /// Whether two values mean the same answer: codes by code and system, everything else as FHIRPath has it.
    public func means(_ other: FormValue) -> Bool {
        if kind == .coding, other.kind == .coding {
            return code == other.code && (system == other.system || system == nil || other.system == nil)
        }
        if kind == .reference, other.kind == .reference {
            return node["reference"]?.string == other.node["reference"]?.string
        }
        return Comparison.equal.holds(self, other)
    }

    /// Equal are values of one type with the same text.
    public static func == (one: Self, other: Self) -> Bool {
        one.kind == other.kind && one.json == other.json
    }

    /// Feeds type and text to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(json)
    }
}

/// A comparison of two values as FHIRPath makes it, so that dates of less precision and quantities in other units are
/// compared as everywhere in the house.
enum Comparison: String, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case greater = ">"
    case less = "<"
    case greaterOrEqual = ">="
    case lessOrEqual = "<="

    private static let expressions: [Comparison: FHIRPathExpression] = {
        guard let definitions = try? Definitions.r4() else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: allCases.compactMap { comparison in
                (try? FHIRPathExpression("%one \(comparison.rawValue) %other", definitions: definitions)).map {
                    (comparison, $0)
                }
            })
    }()
    /// A context that no comparison looks at.
    private static let nothing = try? JSONDocument(parsing: Array("{}".utf8))

    /// Whether it holds; false where the two can't be compared.
    func holds(_ one: FormValue, _ other: FormValue) -> Bool {
        guard let context = Self.nothing?.root else { return false }
        let environment = FHIRPathEnvironment(variables: [
            "one": [one.path.system ?? one.path], "other": [other.path.system ?? other.path],
        ])
        return (try? Self.expressions[self]?.isTrue(on: context, type: nil, environment)) == true
    }
}
