import FHIR
import FHIRPath
import JSON

/// FHIRPath that finds the values of a search parameter, where no ``SearchPath`` can.
///
/// What it finds depends on the resource alone, so that the rows of an old version can be derived again. A resource on
/// which the expression fails has no value.
struct EvaluatedPath: Sendable {
    /// The most steps of one evaluation; a path of a few members takes some dozens.
    static let stepsMax = 200_000

    private let expression: FHIRPathExpression
    /// The type of what it is evaluated on; nil where that differs from one to the next.
    private let type: String?
    private let definitions: Definitions
    /// The FHIR types that its values can have; nil for any.
    let types: Set<String>?

    init?(_ text: String, on type: String?, definitions: Definitions) {
        guard
            let expression = try? FHIRPathExpression(
                text, definitions: definitions, options: FHIRPathOptions(contextType: type))
        else { return nil }
        self.expression = expression
        self.type = type
        self.definitions = definitions
        types = expression.resultTypes.flatMap { $0.contains(Self.extensionType) ? nil : $0 }
    }

    /// Whether values may have a type.
    func mayHave(_ type: String) -> Bool { types?.contains(type) ?? true }

    /// The tables that rows of its values may stand in.
    func tables(_ kind: SearchParameterType) -> Set<IndexTable> {
        let types = types?.filter { kind.takes($0) } ?? ["CodeableConcept", "Identifier", "Reference", "uri"]
        return Set(types.flatMap { ValueShape(kind, of: $0)?.tables ?? [] })
    }

    /// Calls `visit` with every value and its FHIR type. The value of an extension stands for the extension.
    func each(from node: JSONNode, type: String? = nil, resource: JSONNode, _ visit: (JSONNode, String) -> Void) {
        var environment = FHIRPathEnvironment(resource: resource)
        environment.stepsMax = Self.stepsMax
        environment.now = FHIRPathInstant(milliseconds: 0)
        environment.resolve = { Self.named($0) }
        guard let values = try? expression.evaluate(on: node, type: type ?? self.type, environment) else { return }
        for value in values {
            guard case .node(let element) = value else {
                if let root = Self.document(of: value)?.root { visit(root, value.shortTypeName) }
                continue
            }
            guard let json = element.json else { continue }
            if element.typeName == Self.extensionType {
                self.value(of: json, visit)
            } else {
                visit(json, element.typeName)
            }
        }
    }

    private static let extensionType = "Extension"

    private func value(of node: JSONNode, _ visit: (JSONNode, String) -> Void) {
        guard let structure = definitions.structure(Self.extensionType) else { return }
        for member in node.members {
            guard let name = member.key.string, let choice = structure.member(name), choice.element == "value" else {
                continue
            }
            visit(member.value, choice.type)
        }
    }

    /// What a reference says of its target: enough for `resolve() is Patient`.
    private static func named(_ reference: String) -> JSONNode? {
        guard let key = ResourceKey(reference: reference) else { return nil }
        let text = #"{"resourceType":"\#(key.type)","id":"\#(key.id)"}"#
        return try? JSONDocument(parsing: Array(text.utf8)).root
    }

    private static func document(of value: FHIRPathValue) -> JSONDocument? {
        guard case .quantity(let quantity) = value else { return try? JSONDocument(parsing: value.json()) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("value")
        writer.decimal(text: quantity.value.text)
        writer.member("unit", string: quantity.unit)
        if !quantity.isCalendar {
            writer.member("system", string: "http://unitsofmeasure.org")
            writer.member("code", string: quantity.unit)
        }
        writer.endObject()
        return try? JSONDocument(parsing: writer.bytes)
    }
}

extension SearchParameterType {
    /// Whether a value of an R4 type can be compared so (FHIR R4, search.html, the tables of each parameter type). An
    /// extension stands for its value.
    func takes(_ type: String) -> Bool {
        if type == "Extension" { return self != .composite && self != .special }
        let texts: Set<String> = ["string", "code", "id", "uri", "url", "canonical", "oid", "uuid"]
        return switch self {
        case .token:
            texts.contains(type) || ["integer", "positiveInt", "unsignedInt"].contains(type)
                || ["CodeableConcept", "Coding", "Identifier", "ContactPoint", "boolean"].contains(type)
        case .string: texts.contains(type) || ["markdown", "HumanName", "Address", "CodeableConcept"].contains(type)
        case .date: ["date", "dateTime", "instant", "Period", "Timing"].contains(type)
        case .number: ["integer", "positiveInt", "unsignedInt", "decimal"].contains(type)
        case .quantity:
            ["Quantity", "Age", "Duration", "Count", "Distance", "Money", "MoneyQuantity", "SimpleQuantity", "Range"]
                .contains(type) || type == "SampledData"
        case .reference: ["Reference", "canonical", "uri", "url"].contains(type)
        case .uri: texts.contains(type)
        case .composite, .special: false
        }
    }
}
