import JSON

/// The structures flattened for the validator: plain rows in plain memory, found by the hash that the tape keeps for
/// each key, so that a clean resource is checked without making a String or touching a reference count.
final class ValidationPlan: Sendable {
    enum Role: UInt8 {
        /// A value of a primitive type.
        case primitive
        /// Holds the id and extensions of a primitive: `_birthDate`.
        case sibling
        /// An object with a structure.
        case complex
        /// An object that names its own type.
        case resource
        /// The `resourceType` of a resource.
        case resourceType
    }

    /// One JSON property; it has the number of its name in `names`.
    struct Row {
        var role: Role
        var primitive: PrimitiveType = .string
        /// The element's number in its structure; the members of a choice share one.
        var ordinal: UInt8 = 63
        var isList = false
        var isChoice = false
        /// Resources inside another one.
        var isContained = false
        /// Bytes of the element's name, with which the JSON name begins.
        var elementCount: UInt8 = 0
        /// Position in the structure's members.
        var member: UInt16 = 0
        /// The structure of the content, or -1.
        var structure: Int32 = -1
        /// The required value set, or -1.
        var valueSet: Int16 = -1
        /// The set of target types, or -1: any.
        var targets: Int16 = -1
        /// How many values there may be.
        var max: UInt32 = 1
        /// Whether rules beyond form hold for the primitive: it is a URI, a narrative or a binary.
        var isKept = false
    }

    /// A set of resource types, one bit each.
    struct TypeSet {
        private var low: UInt64 = 0
        private var middle: UInt64 = 0
        private var high: UInt64 = 0

        mutating func insert(_ type: Int) {
            let bit: UInt64 = 1 << UInt64(type & 63)
            switch type >> 6 {
            case 0: low |= bit
            case 1: middle |= bit
            default: high |= bit
            }
        }

        func contains(_ type: Int) -> Bool {
            let word = type >> 6 == 0 ? low : type >> 6 == 1 ? middle : high
            return word >> UInt64(type & 63) & 1 != 0
        }
    }

    /// The JSON names of each structure, one list a structure, numbered like the rows.
    let names: NameTables
    /// The concrete resource types.
    let resourceTypes: NameTables
    /// The codes of each required value set; an empty list where they cannot be enumerated.
    let codes: NameTables
    // Written by the initialiser alone and freed by `deinit`: many threads may read them.
    nonisolated(unsafe) let rows: UnsafeMutablePointer<Row>
    /// For each structure the ordinals of elements that must be there.
    nonisolated(unsafe) let required: UnsafeMutablePointer<UInt64>
    /// For each concrete resource type its structure.
    nonisolated(unsafe) let resourceStructures: UnsafeMutablePointer<Int>
    nonisolated(unsafe) let targetSets: UnsafeMutablePointer<TypeSet>
    /// The lists of target types that members point into.
    let targetNames: [[String]]
    /// Where structures stand that the validator has to know.
    let element: Int
    let reference: Int
    let coding: Int
    let codeableConcept: Int

    struct Source {
        var name: String
        var isResource: Bool
        var members: [Member]
    }

    /// - Parameters:
    ///   - structures: every structure, in order.
    ///   - targets: the lists of target types that members point into.
    ///   - codes: the codes of the value sets that members point into.
    init(_ structures: [Source], targets: [[String]], codes: [[String]]) {
        var rows: [Row] = []
        var names: [[String]] = []
        var required: [UInt64] = []
        for structure in structures {
            var properties: [String] = []
            var element = ""
            var ordinal: UInt8 = 0
            var mask: UInt64 = 0
            for (position, member) in structure.members.enumerated() {
                // The members of a choice stand together.
                if position > 0, member.element != element { ordinal += 1 }
                element = member.element
                precondition(ordinal < 63, "a structure has fewer than 64 elements")
                if member.min > 0 { mask |= 1 << UInt64(ordinal) }
                var row = Row(member, ordinal: ordinal, position: position)
                rows.append(row)
                properties.append(member.name)
                if member.isPrimitive {
                    row.role = .sibling
                    rows.append(row)
                    properties.append("_" + member.name)
                }
            }
            if structure.isResource {
                rows.append(Row(role: .resourceType))
                properties.append("resourceType")
            }
            names.append(properties)
            required.append(mask)
        }
        let resources = structures.enumerated().filter(\.element.isResource)
        let types = NameTables([resources.map(\.element.name)])
        let sets = targets.map { names in
            var set = TypeSet()
            for name in names {
                if let type = types.position(of: name) { set.insert(type) }
            }
            return set
        }
        self.names = NameTables(names)
        self.rows = .keeping(rows)
        self.required = .keeping(required)
        self.codes = NameTables(codes)
        resourceTypes = types
        resourceStructures = .keeping(resources.map(\.offset))
        targetSets = .keeping(sets)
        targetNames = targets
        func place(of name: String) -> Int {
            structures.firstIndex { $0.name == name } ?? -1
        }
        element = place(of: "Element")
        reference = place(of: "Reference")
        coding = place(of: "Coding")
        codeableConcept = place(of: "CodeableConcept")
    }

    deinit {
        rows.deallocate()
        required.deallocate()
        resourceStructures.deallocate()
        targetSets.deallocate()
    }

    /// The name of the element behind a property: without the type of a choice and the underscore of a sibling.
    func element(_ row: Int) -> String {
        let name = names.name(row).dropFirst(rows[row].role == .sibling ? 1 : 0)
        return String(decoding: name.prefix(Int(rows[row].elementCount)), as: UTF8.self)
    }

    /// The position of the member with this JSON name; nil also for siblings and `resourceType`.
    func member(_ name: UnsafeBufferPointer<UInt8>, hash: UInt32, of structure: Int) -> Int? {
        let row = names.entry(of: name, hash: hash, in: structure)
        guard row >= 0, rows[row].role != .sibling, rows[row].role != .resourceType else { return nil }
        return Int(rows[row].member)
    }
}

extension ValidationPlan.Row {
    fileprivate init(_ member: Member, ordinal: UInt8, position: Int) {
        let isResource = member.type == "Resource"
        role = member.isPrimitive ? .primitive : isResource ? .resource : .complex
        primitive = member.primitive ?? .string
        self.ordinal = ordinal
        isList = member.isList
        isChoice = member.isChoice
        isContained = isResource && member.name == "contained"
        elementCount = UInt8(member.element.utf8.count)
        self.member = UInt16(position)
        structure = Int32(member.structureIndex ?? -1)
        valueSet = Int16(member.valueSetIndex ?? -1)
        targets = Int16(member.targetsIndex ?? -1)
        max = member.max.map { UInt32($0) } ?? .max
        switch primitive {
        case .uri, .url, .canonical, .oid, .uuid, .xhtml: isKept = role == .primitive
        default: break
        }
    }
}
