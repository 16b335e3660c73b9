import JSON

/// An element of a document within an evaluation, which keeps the document alive.
struct Node: Sendable {
    /// The value; where an element has only an id or extensions, the object that holds those.
    let place: JSONPlace
    /// The type's place in the model.
    let type: Int32
    /// The slot of the model that led here; -1: none.
    var slot: Int32 = -1
    /// The identity of the object that holds the element; -1: none.
    var parent: Int32 = -1
    /// The place in the list that holds the element; -1: it stands in no list.
    var position: Int32 = -1
    /// Whether `place` is the sibling of a primitive without a value.
    var isSiblingAlone = false

    init(_ place: JSONPlace, type: Int32) {
        self.place = place
        self.type = type
    }

    init(
        _ place: JSONPlace, type: Int32, slot: Int32, parent: Int32, position: Int32, isSiblingAlone: Bool = false
    ) {
        self.place = place
        self.type = type
        self.slot = slot
        self.parent = parent
        self.position = position
        self.isSiblingAlone = isSiblingAlone
    }

    /// The name of the FHIR type, such as `Patient`, `code` or `Patient.contact`; of a value whose type isn't known what
    /// its JSON tells: `string`, `boolean`, `decimal`, or `Element`.
    var typeName: String {
        guard type == TypeModel.unknown else { return TypeModel.current.types[Int(type)].name }
        switch place.kind {
        case .string: return "string"
        case .true, .false: return "boolean"
        case .number: return place.integer == nil ? "decimal" : "integer"
        default: return "Element"
        }
    }

    /// The object with the id and the extensions of a primitive: `_birthDate`; nil where there is none.
    var sibling: JSONPlace? {
        if isSiblingAlone { return place }
        guard parent >= 0, slot >= 0, let key = TypeModel.current.slots[Int(slot)].siblingKey,
            let sibling = place.sibling(at: parent)[key]
        else { return nil }
        guard position >= 0 else { return sibling.isObject ? sibling : nil }
        guard let element = sibling[Int(position)], element.isObject else { return nil }
        return element
    }

    /// Whether the value is a primitive.
    var isPrimitive: Bool {
        isSiblingAlone || !place.isObject
    }

    /// What System type a primitive's type stands for; nil of complex types and where the type isn't known.
    var primitive: TypeModel.Primitive? {
        TypeModel.current.primitive(type)
    }

    /// What a primitive means as a System value; nil of others and where there is no value. A value that isn't what
    /// its type demands is a string.
    var system: Item? {
        guard !isSiblingAlone else { return nil }
        switch place.kind {
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .number:
            if primitive != .decimal, let integer = place.integer { return .integer(integer) }
            return decimal.map { .decimal($0) }
        case .string: return systemString
        case .null, .array, .object: return nil
        }
    }

    /// The number; nil where it has too many digits.
    var decimal: FHIRPathDecimal? {
        place.withCharacters { FHIRPathDecimal($0) }
    }

    private var systemString: Item? {
        switch primitive {
        case .date: if let value = temporal(.date) { return .date(value) }
        case .dateTime: if let value = temporal(.dateTime) { return .dateTime(value) }
        case .time: if let value = temporal(.time) { return .time(value) }
        default: break
        }
        return place.string.map { .string($0) }
    }

    private func temporal(_ form: FHIRPathTemporal.Form) -> FHIRPathTemporal? {
        place.withCharacters { FHIRPathTemporal($0, form) }
    }

    /// Whether the value is a string, and its type one of strings: it stands for its characters.
    var isText: Bool {
        guard place.isString, !isSiblingAlone else { return false }
        switch primitive {
        case .date, .dateTime, .time: return false
        default: return true
        }
    }
}
