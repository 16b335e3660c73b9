import JSON

/// One item of a collection within an evaluation: a `FHIRPathValue` whose elements cost no reference counting.
enum Item: Sendable {
    case node(Node)
    case boolean(Bool)
    case integer(Int)
    case decimal(FHIRPathDecimal)
    case string(String)
    case date(FHIRPathTemporal)
    case dateTime(FHIRPathTemporal)
    case time(FHIRPathTemporal)
    indirect case quantity(FHIRPathQuantity)
    indirect case type(FHIRPathTypeInfo)

    /// - Parameter value: must outlive the item.
    init(_ value: FHIRPathValue) {
        switch value {
        case .node(let value): self = .node(value.node)
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .decimal(let value): self = .decimal(value)
        case .string(let value): self = .string(value)
        case .date(let value): self = .date(value)
        case .dateTime(let value): self = .dateTime(value)
        case .time(let value): self = .time(value)
        case .quantity(let value): self = .quantity(value)
        case .type(let value): self = .type(value)
        }
    }

    /// The full name of the type: `FHIR.Patient`, `System.String`.
    var typeName: String {
        switch self {
        case .node(let node): "FHIR." + node.typeName
        case .boolean: "System.Boolean"
        case .integer: "System.Integer"
        case .decimal: "System.Decimal"
        case .string: "System.String"
        case .date: "System.Date"
        case .dateTime: "System.DateTime"
        case .time: "System.Time"
        case .quantity: "System.Quantity"
        case .type(let info): info.namespace == "System" ? "System.SimpleTypeInfo" : "System.ClassInfo"
        }
    }

    /// The value as a System value: of a primitive element its value, of a FHIR Quantity with a value a System.Quantity;
    /// nil for other elements and for primitives without a value.
    var system: Item? {
        guard case .node(let node) = self else { return self }
        if let value = node.system { return value }
        return node.quantity.map { .quantity($0) }
    }
}

extension FHIRPathValue {
    init(_ item: Item) {
        switch item {
        case .node(let value): self = .node(FHIRPathNode(value))
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(value)
        case .decimal(let value): self = .decimal(value)
        case .string(let value): self = .string(value)
        case .date(let value): self = .date(value)
        case .dateTime(let value): self = .dateTime(value)
        case .time(let value): self = .time(value)
        case .quantity(let value): self = .quantity(value)
        case .type(let value): self = .type(value)
        }
    }
}
