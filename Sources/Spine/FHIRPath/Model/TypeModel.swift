import FHIR
import JSON
import Synchronization

/// The FHIR types as evaluation needs them: numbered, with the members of each found by the number of their name.
final class TypeModel: Sendable {
    struct FHIRType: Sendable {
        let name: String
        /// The type that it specialises; -1: none.
        var base: Int32
        let kind: Kind
    }

    enum Kind: Sendable, Equatable {
        case unknown
        case primitive(Primitive)
        case complex
        case resource(isAbstract: Bool)
    }

    /// What System type a primitive stands for.
    enum Primitive: Sendable {
        case boolean, integer, decimal, string, date, dateTime, time
    }

    /// One way in which an element stands in JSON; a choice has one a type.
    struct Slot: Sendable {
        let key: JSONKey
        /// Of a primitive: where its id and extensions stand.
        let siblingKey: JSONKey?
        /// The type of the content; `Resource`: told by `resourceType`.
        let type: Int32
        let isResource: Bool
    }

    /// One element of a type.
    struct Element: Sendable {
        let name: String
        /// The first of its slots and how many it has.
        let slot: Int32
        let slotCount: Int32
        let isList: Bool
        /// Of a choice: all keys that it can have, those of siblings after the others.
        let keys: [JSONKey]
    }

    /// Nothing is known of the type.
    static let unknown: Int32 = 0

    let types: [FHIRType]
    let slots: [Slot]
    let elements: [Element]
    /// The elements of each type, in the order of the definition.
    let elementsOfType: [Range<Int>]
    private let names: [String: Int32]
    private let numbers: [String: Int32]
    private let elementNumbers: [UInt64: Int32]
    private let resources: [UInt32: Int32]
    /// The slots of each type by the hash of a key: of a sibling's key, minus the slot and one.
    private let slotsByKey: [UInt64: Int32]

    /// Where types stand that evaluation has to know.
    let element: Int32
    let resource: Int32
    let `extension`: Int32
    let string: Int32
    let quantity: Int32
    let reference: Int32
    let coding: Int32
    let codeableConcept: Int32

    private static let made = Mutex<TypeModel?>(nil)

    /// The model of the definitions of R4, which are the only ones.
    static func of(_ definitions: Definitions) -> TypeModel {
        made.withLock { made in
            if let made { return made }
            let model = TypeModel(definitions)
            made = model
            return model
        }
    }

    /// The model that values tell their types by; empty before the first expression was compiled.
    static let current: TypeModel = (try? Definitions.r4()).map(TypeModel.of) ?? TypeModel(nil)

    private init(_ definitions: Definitions?) {
        var types = [FHIRType(name: "", base: -1, kind: .unknown)]
        var names: [String: Int32] = [:]
        for primitive in definitions?.primitives ?? [] {
            names[primitive.name] = Int32(types.count)
            types.append(
                FHIRType(name: primitive.name, base: -1, kind: .primitive(Primitive(primitive.name))))
        }
        let structures = definitions?.structures ?? []
        for structure in structures {
            names[structure.name] = Int32(types.count)
            let kind: Kind = structure.kind == .resource ? .resource(isAbstract: structure.isAbstract) : .complex
            types.append(FHIRType(name: structure.name, base: -1, kind: kind))
        }
        for primitive in definitions?.primitives ?? [] {
            guard let own = names[primitive.name], let base = names[primitive.base] else { continue }
            types[Int(own)].base = base
        }
        for structure in structures {
            guard let own = names[structure.name], let base = names[structure.base] else { continue }
            types[Int(own)].base = base
        }
        var (slots, elements): ([Slot], [Element]) = ([], [])
        var numbers: [String: Int32] = [:]
        var elementNumbers: [UInt64: Int32] = [:]
        var elementsOfType = [Range<Int>](repeating: 0..<0, count: types.count)
        var resources: [UInt32: Int32] = [:]
        var slotsByKey: [UInt64: Int32] = [:]
        let resource = names["Resource"] ?? -1
        for structure in structures {
            let own = names[structure.name] ?? 0
            let start = elements.count
            var position = 0
            while position < structure.members.count {
                let first = structure.members[position]
                let slot = slots.count
                var keys: [JSONKey] = []
                var siblings: [JSONKey] = []
                while position < structure.members.count, structure.members[position].element == first.element {
                    let member = structure.members[position]
                    let type = member.structureIndex.flatMap { names[structures[$0].name] } ?? names[member.type] ?? 0
                    let made = Slot(
                        key: JSONKey(member.name), siblingKey: member.isPrimitive ? JSONKey("_" + member.name) : nil,
                        type: type, isResource: type == resource)
                    slotsByKey[UInt64(own) << 32 | UInt64(made.key.hash)] = Int32(slots.count)
                    if let sibling = made.siblingKey {
                        slotsByKey[UInt64(own) << 32 | UInt64(sibling.hash)] = -Int32(slots.count) - 1
                    }
                    slots.append(made)
                    keys.append(made.key)
                    if let sibling = made.siblingKey { siblings.append(sibling) }
                    position += 1
                }
                let number = numbers[first.element] ?? Int32(numbers.count)
                numbers[first.element] = number
                elementNumbers[UInt64(own) << 32 | UInt64(number)] = Int32(elements.count)
                elements.append(
                    Element(
                        name: first.element, slot: Int32(slot), slotCount: Int32(slots.count - slot),
                        isList: first.isList, keys: slots.count - slot > 1 ? keys + siblings : []))
            }
            elementsOfType[Int(own)] = start..<elements.count
            if structure.kind == .resource { resources[JSONKey(structure.name).hash] = own }
        }
        self.types = types
        self.slots = slots
        self.elements = elements
        self.elementsOfType = elementsOfType
        self.names = names
        self.numbers = numbers
        self.elementNumbers = elementNumbers
        self.resources = resources
        self.slotsByKey = slotsByKey
        self.resource = resource
        element = names["Element"] ?? -1
        `extension` = names["Extension"] ?? -1
        string = names["string"] ?? -1
        quantity = names["Quantity"] ?? -1
        reference = names["Reference"] ?? -1
        coding = names["Coding"] ?? -1
        codeableConcept = names["CodeableConcept"] ?? -1
    }

    /// The type with this name; nil when there is none.
    func type(_ name: String) -> Int32? {
        names[name]
    }

    /// The number of a member's name; -1 where no type has such a member.
    func number(_ name: String) -> Int32 {
        numbers[name] ?? -1
    }

    /// The element of a type by the number of its name; -1: none.
    func element(_ number: Int32, of type: Int32) -> Int32 {
        guard number >= 0 else { return -1 }
        return elementNumbers[UInt64(type) << 32 | UInt64(number)] ?? -1
    }

    /// The slot of a type that a member's key names; of a sibling's key, minus the slot and one. Nil: none.
    func slot(named key: JSONNode, of type: Int32) -> Int32? {
        key.withUTF8 { bytes -> Int32? in
            guard let place = slotsByKey[UInt64(type) << 32 | UInt64(keyHash(bytes))] else { return nil }
            let slot = slots[Int(place < 0 ? -place - 1 : place)]
            let named = place < 0 ? slot.siblingKey : slot.key
            return named?.withUTF8({ $0.count == bytes.count && $0.elementsEqual(bytes) }) == true ? place : nil
        } ?? nil
    }

    private static let resourceType: JSONKey = "resourceType"

    /// The type that a resource says to be; unknown where it says nothing known.
    func resourceType(of node: JSONNode) -> Int32 {
        guard let name = node[Self.resourceType], name.isString else { return Self.unknown }
        return name.withUTF8 { bytes in
            guard let type = resources[keyHash(bytes)], types[Int(type)].name.utf8.elementsEqual(bytes) else {
                return Self.unknown
            }
            return type
        } ?? Self.unknown
    }

    /// Whether a type is another one or specialises it.
    func isType(_ type: Int32, _ other: Int32) -> Bool {
        var type = type
        while type >= 0 {
            if type == other { return true }
            type = types[Int(type)].base
        }
        return false
    }

    /// What System type values of the type have; nil of complex types.
    func primitive(_ type: Int32) -> Primitive? {
        guard case .primitive(let primitive) = types[Int(type)].kind else { return nil }
        return primitive
    }
}

extension TypeModel.Primitive {
    init(_ name: String) {
        switch name {
        case "boolean": self = .boolean
        case "integer", "positiveInt", "unsignedInt": self = .integer
        case "decimal": self = .decimal
        case "date": self = .date
        case "dateTime", "instant": self = .dateTime
        case "time": self = .time
        default: self = .string
        }
    }
}
