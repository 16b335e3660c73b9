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
        case .type: "System.Any"
        }
    }

    /// The value as a System value: of a primitive element its value, of a FHIR Quantity a System.Quantity; nil for
    /// other elements and for primitives without a value.
    public var system: FHIRPathValue? {
        self
    }

    /// The value as JSON text: numbers and truth values as such, dates and texts as strings, elements as they stand in the
    /// document, quantities as strings such as `10.1 'mg'`.
    public func json() -> [UInt8] {
        []
    }
}

/// The name of a type, as `type()` tells it.
public struct FHIRPathTypeInfo: Sendable, Hashable {
    /// `System` or `FHIR`.
    public let namespace: String
    /// `Boolean`, `Patient`.
    public let name: String
}
