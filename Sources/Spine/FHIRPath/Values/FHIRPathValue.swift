public import JSON

/// One item of a collection.
public enum FHIRPathValue: Sendable {
    /// An element of a document, with its FHIR type.
    case node(FHIRPathNode)
    /// System.Boolean
    case boolean(Bool)
    /// System.Integer
    case integer(Int)
    /// System.Decimal
    case decimal(FHIRPathDecimal)
    /// System.String
    case string(String)
    /// System.Date
    case date(FHIRPathTemporal)
    /// System.DateTime
    case dateTime(FHIRPathTemporal)
    /// System.Time
    case time(FHIRPathTemporal)
    /// System.Quantity
    indirect case quantity(FHIRPathQuantity)
    /// What `type()` yields.
    indirect case type(FHIRPathTypeInfo)

    /// The full name of the type: `FHIR.Patient`, `System.String`.
    public var typeName: String {
        withExtendedLifetime(self) { Item(self).typeName }
    }

    /// The name of the type alone, as FHIR's own test suite writes it: `Patient`, `code`, `string`, `dateTime`, `Quantity`.
    public var shortTypeName: String {
        switch self {
        case .node(let node): node.typeName
        case .boolean: "boolean"
        case .integer: "integer"
        case .decimal: "decimal"
        case .string: "string"
        case .date: "date"
        case .dateTime: "dateTime"
        case .time: "time"
        case .quantity: "Quantity"
        case .type(let info): info.namespace == "System" ? "SimpleTypeInfo" : "ClassInfo"
        }
    }

    /// The value as a System value: of a primitive element its value, of a FHIR Quantity with a value a System.Quantity;
    /// nil for other elements and for primitives without a value.
    public var system: FHIRPathValue? {
        guard case .node = self else { return self }
        return withExtendedLifetime(self) { Item(self).system.map { FHIRPathValue($0) } }
    }

    /// The element in its document; nil of System values and of primitives that have only an id or extensions.
    public var node: JSONNode? {
        guard case .node(let node) = self else { return nil }
        return node.json
    }

    /// The value as JSON text: numbers and truth values as such, dates and texts as strings, elements as they stand in the
    /// document, quantities as strings such as `10.1 'mg'`; `null` for a primitive without a value.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        switch self {
        case .node(let node):
            if let json = node.json { writer.node(json) } else { writer.null() }
        case .boolean(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .decimal(let value): writer.decimal(text: value.text)
        case .string(let value): writer.string(value)
        case .date(let value), .dateTime(let value), .time(let value): writer.string(value.text)
        case .quantity(let value): writer.string(value.text)
        case .type(let info): writer.string(info.namespace + "." + info.name)
        }
        return writer.bytes
    }
}

/// The name of a type, as `type()` tells it.
public struct FHIRPathTypeInfo: Sendable, Hashable {
    /// `System` or `FHIR`.
    public let namespace: String
    /// `Boolean`, `Patient`.
    public let name: String
}
