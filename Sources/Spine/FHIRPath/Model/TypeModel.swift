import FHIR
import JSON

/// The FHIR types as evaluation needs them: numbered, with the members of each found by the number of their name.
///
/// There is one, which is never freed: it holds addresses alone, so that reading it counts no references.
struct TypeModel: @unchecked Sendable {
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
        let key: JSONFixedKey
        /// Of a primitive: where its id and extensions stand.
        let siblingKey: JSONFixedKey?
        /// The type of the content; `Resource`: told by `resourceType`.
        let type: Int32
        let isResource: Bool
        /// The type that has the element.
        let owner: Int32
    }

    /// One element of a type.
    struct Element: Sendable {
        /// The first of its slots and how many it has.
        let slot: Int32
        let slotCount: Int32
        let isList: Bool
        /// The type that has it.
        let type: Int32
        /// A bit for each key that it can have, by the key's hash.
        let keyBits: UInt64
    }

    /// Nothing is known of the type.
    static let unknown: Int32 = 0

    let types: UnsafePointer<FHIRType>
    let slots: UnsafePointer<Slot>
    let elements: UnsafePointer<Element>
    private let kinds: UnsafePointer<Kind>
    private let bases: UnsafePointer<Int32>
    private let keys: UnsafePointer<JSONFixedKey>
    private let names: UnsafePointer<[String: Int32]>
    private let numbers: UnsafePointer<[String: Int32]>
    private let elementNumbers: NumberTable
    private let resources: NumberTable
    /// The slots of each type by the hash of a key: of a sibling's key, minus the slot and one.
    private let slotsByKey: NumberTable

    /// Where types stand that evaluation has to know.
    let element: Int32
    let resource: Int32
    let `extension`: Int32
    let string: Int32
    let quantity: Int32
    let reference: Int32
    let coding: Int32
    let codeableConcept: Int32

    /// The model of the definitions of R4, which are the only ones.
    static let current = TypeModel(try? Definitions.r4())
    /// Where it stands.
    nonisolated(unsafe) static let address = Self.kept([current])

    /// The model of definitions, which are those of R4.
    static func of(_ definitions: Definitions) -> TypeModel {
        current
    }

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
        var resources: [UInt64: Int32] = [:]
        var slotsByKey: [UInt64: Int32] = [:]
        let resource = names["Resource"] ?? -1
        for structure in structures {
            let own = names[structure.name] ?? 0
            var position = 0
            while position < structure.members.count {
                let first = structure.members[position]
                let slot = slots.count
                var keyBits: UInt64 = 0
                while position < structure.members.count, structure.members[position].element == first.element {
                    let member = structure.members[position]
                    let type = member.structureIndex.flatMap { names[structures[$0].name] } ?? names[member.type] ?? 0
                    let made = Slot(
                        key: JSONFixedKey(member.name),
                        siblingKey: member.isPrimitive ? JSONFixedKey("_" + member.name) : nil,
                        type: type, isResource: type == resource, owner: own)
                    slotsByKey[UInt64(own) << 32 | UInt64(made.key.hash)] = Int32(slots.count)
                    keyBits |= Self.bit(made.key.hash)
                    if let sibling = made.siblingKey {
                        keyBits |= Self.bit(sibling.hash)
                        slotsByKey[UInt64(own) << 32 | UInt64(sibling.hash)] = -Int32(slots.count) - 1
                    }
                    slots.append(made)
                    position += 1
                }
                let number = numbers[first.element] ?? Int32(numbers.count)
                numbers[first.element] = number
                elementNumbers[UInt64(own) << 32 | UInt64(number)] = Int32(elements.count)
                elements.append(
                    Element(
                        slot: Int32(slot), slotCount: Int32(slots.count - slot), isList: first.isList, type: own,
                        keyBits: keyBits))
            }
            if structure.kind == .resource { resources[UInt64(JSONFixedKey(structure.name).hash)] = own }
        }
        self.types = Self.kept(types)
        self.slots = Self.kept(slots)
        self.elements = Self.kept(elements)
        kinds = Self.kept(types.map(\.kind))
        bases = Self.kept(types.map(\.base))
        keys = Self.kept(types.map { JSONFixedKey($0.name) })
        self.names = Self.kept([names])
        self.numbers = Self.kept([numbers])
        self.elementNumbers = NumberTable(elementNumbers)
        self.resources = NumberTable(resources)
        self.slotsByKey = NumberTable(slotsByKey)
        self.resource = resource
        element = names["Element"] ?? -1
        `extension` = names["Extension"] ?? -1
        string = names["string"] ?? -1
        quantity = names["Quantity"] ?? -1
        reference = names["Reference"] ?? -1
        coding = names["Coding"] ?? -1
        codeableConcept = names["CodeableConcept"] ?? -1
    }

    private static func kept<T>(_ values: [T]) -> UnsafePointer<T> {
        let room = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
        room.initialize(from: values, count: values.count)
        return UnsafePointer(room)
    }

    @inline(__always)
    private static func bit(_ hash: UInt32) -> UInt64 {
        1 &<< UInt64(hash & 63)
    }

    /// The type with this name; nil when there is none.
    func type(_ name: String) -> Int32? {
        names.pointee[name]
    }

    /// The number of a member's name; -1 where no type has such a member.
    func number(_ name: String) -> Int32 {
        numbers.pointee[name] ?? -1
    }

    /// The element of a type by the number of its name; -1: none.
    func element(_ number: Int32, of type: Int32) -> Int32 {
        guard number >= 0 else { return -1 }
        return elementNumbers[UInt64(type) << 32 | UInt64(number)] ?? -1
    }

    /// The slot of a type that a member's key names; of a sibling's key, minus the slot and one. Nil: none.
    func slot(named member: JSONPlace.Member, of type: Int32) -> Int32? {
        guard let place = slotsByKey[UInt64(type) << 32 | UInt64(member.keyHash)] else { return nil }
        let key = place < 0 ? slots[Int(-place - 1)].siblingKey : slots[Int(place)].key
        return key.map { key in member.withKey { key.equals($0) } } == true ? place : nil
    }

    /// The first member of an object that holds an element or its sibling, and the slot as `slot(named:of:)` tells it.
    @inline(__always)
    func first(_ element: Element, in object: JSONPlace) -> (value: JSONPlace, slot: Int32)? {
        for member in object.members where element.keyBits & Self.bit(member.keyHash) != 0 {
            guard let place = slot(named: member, of: element.type) else { continue }
            let slot = place < 0 ? -place - 1 : place
            if slot >= element.slot, slot < element.slot + element.slotCount { return (member.value, place) }
        }
        return nil
    }

    private static let resourceType: JSONFixedKey = "resourceType"

    /// The type that a resource says to be; unknown where it says nothing known.
    func resourceType(of place: JSONPlace) -> Int32 {
        guard let name = place[Self.resourceType], name.isString else { return Self.unknown }
        return name.withCharacters { bytes in
            guard let type = resources[UInt64(keyHash(bytes))], keys[Int(type)].equals(bytes) else {
                return Self.unknown
            }
            return type
        }
    }

    /// Whether a type is another one or specialises it.
    func isType(_ type: Int32, _ other: Int32) -> Bool {
        var type = type
        while type >= 0 {
            if type == other { return true }
            type = bases[Int(type)]
        }
        return false
    }

    /// Whether a value of the type says more by its `resourceType`: `Resource` and `DomainResource`.
    func isOpen(_ type: Int32) -> Bool {
        type == resource || kind(type) == .resource(isAbstract: true)
    }

    /// What the type is.
    func kind(_ type: Int32) -> Kind {
        kinds[Int(type)]
    }

    /// What System type values of the type have; nil of complex types.
    func primitive(_ type: Int32) -> Primitive? {
        guard case .primitive(let primitive) = kinds[Int(type)] else { return nil }
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
