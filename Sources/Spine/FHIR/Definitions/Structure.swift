public import JSON

/// A resource type, a complex data type, or a group of elements inside one, such as `Patient.contact`.
public struct Structure: Sendable {
    /// What kind of structure it is.
    public enum Kind: String, Sendable {
        /// A resource type.
        case resource
        /// A complex data type.
        case complexType = "complex-type"
        /// Elements grouped inside a resource or data type.
        case backbone
    }

    /// `Patient`, `HumanName`, `Patient.contact`.
    public let name: String
    /// What kind of structure it is.
    public let kind: Kind
    /// Whether no instance can have exactly this type.
    public let isAbstract: Bool
    /// What it specialises: `DomainResource`, `Element`, `BackboneElement`; empty for the roots.
    public let base: String
    /// The JSON properties in the order of the definition. A choice such as `value[x]` stands expanded, one member a
    /// type.
    public let members: [Member]
    /// The place of the structure in the definitions.
    public let index: Int

    let plan: ValidationPlan

    /// The member with this JSON name, or nil.
    public func member(_ key: JSONKey) -> Member? {
        key.withUTF8 { plan.member($0, hash: key.hash, of: index) }.map { members[$0] }
    }

    /// The member with this JSON name, or nil.
    public func member(_ name: String) -> Member? {
        member(JSONKey(name))
    }

    /// All members of an element: one, or for a choice one a type.
    ///
    /// - Parameter element: the name without `[x]`, such as `value`.
    public func members(ofElement element: String) -> [Member] {
        members.filter { $0.element == element }
    }
}

/// One JSON property of a structure.
public struct Member: Sendable, Hashable {
    /// The JSON name: `valueQuantity`.
    public let name: String
    /// The element's name, of a choice the stem: `value`.
    public let element: String
    /// The type: `Quantity`, `code`, `Reference`, `BackboneElement`, `Resource`.
    public let type: String
    /// The structure of the content; nil for primitives and for `Resource`.
    public let structureIndex: Int?
    /// Whether the value is a JSON string, number or truth value.
    public let isPrimitive: Bool
    /// How many values there must be at least.
    public let min: Int
    /// How many values there may be; nil: any number.
    public let max: Int?
    /// Whether the property is a JSON array.
    public let isList: Bool
    /// Whether the element may have one of several types.
    public let isChoice: Bool
    /// Whether the element can change the meaning of what holds it.
    public let isModifier: Bool
    /// Whether the element belongs to a summary.
    public let isSummary: Bool
    /// The resource types that a Reference or canonical may point to; empty: any.
    public let targets: [String]
    /// The canonical URL of the value set that the code must come from; nil where none is required.
    public let requiredValueSet: String?

    let primitive: PrimitiveType?
    let valueSetIndex: Int?
    let targetsIndex: Int?
}
