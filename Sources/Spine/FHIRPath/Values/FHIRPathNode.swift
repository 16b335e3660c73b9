public import JSON

/// An element of a document: its value, its type, and where its id and extensions stand.
public struct FHIRPathNode: Sendable {
    /// The value; where an element has only an id or extensions, the object that holds those.
    let node: JSONNode
    /// The type's place in the model.
    let type: Int32
    /// The slot of the model that led here; -1: none.
    var slot: Int32 = -1
    /// The identity of the object that holds the element; -1: none.
    var parent: Int32 = -1
    /// The place in the list that holds the element; -1: it stands in no list.
    var position: Int32 = -1
    /// Whether `node` is the sibling of a primitive without a value.
    var isSiblingAlone = false

    init(_ node: JSONNode, type: Int32) {
        self.node = node
        self.type = type
    }

    /// An element of a known type.
    ///
    /// - Parameters:
    ///   - node: the value.
    ///   - typeName: its FHIR type; nil: what its `resourceType` says.
    public init(_ node: JSONNode, typeName: String? = nil) {
        let model = TypeModel.current
        self.init(node, type: typeName.flatMap(model.type) ?? model.resourceType(of: node))
    }

    /// The value; nil where a primitive has only an id or extensions.
    public var json: JSONNode? {
        isSiblingAlone ? nil : node
    }

    /// The name of the FHIR type, such as `Patient`, `code` or `Patient.contact`; of a value whose type isn't known what
    /// its JSON tells: `string`, `boolean`, `decimal`, or `Element`.
    public var typeName: String {
        guard type == TypeModel.unknown else { return TypeModel.current.types[Int(type)].name }
        switch node.kind {
        case .string: return "string"
        case .true, .false: return "boolean"
        case .number: return node.integer == nil ? "decimal" : "integer"
        default: return "Element"
        }
    }

    /// The object with the id and the extensions of a primitive: `_birthDate`; nil where there is none.
    public var sibling: JSONNode? {
        if isSiblingAlone { return node }
        guard parent >= 0, slot >= 0, let key = TypeModel.current.slots[Int(slot)].siblingKey else { return nil }
        guard let sibling = node.document.node(at: Int(parent))[key] else { return nil }
        guard position >= 0 else { return sibling.isObject ? sibling : nil }
        guard let element = sibling[Int(position)], element.isObject else { return nil }
        return element
    }

    /// Whether the value is a primitive.
    var isPrimitive: Bool {
        isSiblingAlone || !node.isObject
    }

    /// What a primitive means as a System value; nil of others and where there is no value. A value that isn't what
    /// its type demands is a string.
    var system: FHIRPathValue? {
        guard !isSiblingAlone else { return nil }
        switch node.kind {
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .number: return node.systemNumber(isDecimal: isDecimal)
        case .string: return systemString
        case .null, .array, .object: return nil
        }
    }

    private var isDecimal: Bool {
        guard case .primitive(.decimal) = TypeModel.current.types[Int(type)].kind else { return false }
        return true
    }

    private var systemString: FHIRPathValue? {
        guard case .primitive(let primitive) = TypeModel.current.types[Int(type)].kind else {
            return node.string.map { .string($0) }
        }
        let temporal: FHIRPathValue?
        switch primitive {
        case .date:
            temporal = node.withUTF8 { FHIRPathTemporal($0, .date) }.flatMap { $0 }.map { .date($0) }
        case .dateTime:
            temporal = node.withUTF8 { FHIRPathTemporal($0, .dateTime) }.flatMap { $0 }.map { .dateTime($0) }
        case .time:
            temporal = node.withUTF8 { FHIRPathTemporal($0, .time) }.flatMap { $0 }.map { .time($0) }
        default:
            temporal = nil
        }
        return temporal ?? node.string.map { .string($0) }
    }
}

extension JSONNode {
    /// A number as an Integer or Decimal; nil where it has too many digits.
    fileprivate func systemNumber(isDecimal: Bool) -> FHIRPathValue? {
        if !isDecimal, let integer { return .integer(integer) }
        return withUTF8 { FHIRPathDecimal($0) }.flatMap { $0 }.map { .decimal($0) }
    }
}
