import JSON

/// The structures flattened for the validator: plain rows in plain memory, found by the hash that the tape keeps for
/// each key, so that a clean resource is checked without making a String or touching a reference count.
final class ValidationPlan: Sendable {
    /// One JSON property. For a primitive there is a second row for its sibling (`_birthDate`).
    struct Row {
        var hash: UInt32
        var nameOffset: UInt32
        var nameCount: UInt16
        var kind: ValueKind
        /// The element's number in its structure; the members of a choice share one.
        var ordinal: UInt8
        var isList: Bool
        var isChoice: Bool
        /// Holds id and extensions of a primitive.
        var isSibling: Bool
        /// Position in the structure's members.
        var member: UInt16
        /// The structure of the content, or -1.
        var structure: Int32
        /// The required value set, or -1.
        var valueSet: Int16
        /// The set of target types, or -1: any.
        var targets: Int16
        /// How many values there may be.
        var max: UInt32
    }

    /// One structure's part of the slots.
    struct Part {
        var slots: UInt32
        var mask: UInt32
        /// The ordinals of elements that must be there.
        var required: UInt64
    }

    /// A set of resource types, one bit each.
    struct TypeSet {
        var low: UInt64 = 0, middle: UInt64 = 0, high: UInt64 = 0

        mutating func insert(_ type: Int) {
            switch type >> 6 {
            case 0: low |= 1 << UInt64(type & 63)
            case 1: middle |= 1 << UInt64(type & 63)
            default: high |= 1 << UInt64(type & 63)
            }
        }

        func contains(_ type: Int) -> Bool {
            let word = type >> 6 == 0 ? low : type >> 6 == 1 ? middle : high
            return word >> UInt64(type & 63) & 1 != 0
        }
    }

    // Written by the initialiser alone and freed by `deinit`: many threads may read them.
    nonisolated(unsafe) let rows: UnsafeMutablePointer<Row>
    nonisolated(unsafe) let parts: UnsafeMutablePointer<Part>
    /// Row plus one; zero is free.
    nonisolated(unsafe) let slots: UnsafeMutablePointer<UInt16>
    nonisolated(unsafe) let names: UnsafeMutablePointer<UInt8>

    let targetSets: [TypeSet]
    let targetNames: [[String]]
    /// Concrete resource types in the order of the bits, and the structure of each.
    let resourceTypes: NameTable
    let resourceStructures: [Int]
    /// Where some structures stand that the validator has to know.
    let element: Int
    let reference: Int

    init(_ structures: [(name: String, isResource: Bool, members: [Member])], targets: [[String]]) {
        let resources = structures.enumerated().filter(\.element.isResource)
        resourceTypes = NameTable(resources.map(\.element.name))
        resourceStructures = resources.map(\.offset)
        let types = resourceTypes
        targetSets = targets.map { names in
            var set = TypeSet()
            for name in names {
                if let type = types.position(of: name) { set.insert(type) }
            }
            return set
        }
        targetNames = targets
        element = structures.firstIndex { $0.name == "Element" } ?? 0
        reference = structures.firstIndex { $0.name == "Reference" } ?? 0

        var rows: [Row] = []
        var parts: [Part] = []
        var slots: [UInt16] = []
        var names: [UInt8] = []
        for structure in structures {
            let first = rows.count
            var required: UInt64 = 0
            var ordinals: [String: UInt8] = [:]
            for (position, member) in structure.members.enumerated() {
                let ordinal = ordinals[member.element] ?? UInt8(ordinals.count)
                ordinals[member.element] = ordinal
                precondition(ordinal < 64, "a structure has at most 64 elements")
                if member.min > 0 { required |= 1 << UInt64(ordinal) }
                let row = Row(member, ordinal: ordinal, position: position)
                rows.append(row.named(member.name, &names))
                if member.isPrimitive {
                    var sibling = row
                    sibling.isSibling = true
                    rows.append(sibling.named("_" + member.name, &names))
                }
            }
            if structure.isResource {
                rows.append(Row.resourceType.named("resourceType", &names))
            }
            let size = NameTable.size(for: rows.count - first)
            let part = Part(slots: UInt32(slots.count), mask: UInt32(size - 1), required: required)
            slots += [UInt16](repeating: 0, count: size)
            for index in first..<rows.count {
                var slot = rows[index].hash & part.mask
                while slots[Int(part.slots + slot)] != 0 { slot = (slot + 1) & part.mask }
                slots[Int(part.slots + slot)] = UInt16(index + 1)
            }
            parts.append(part)
        }
        self.rows = Self.kept(rows)
        self.parts = Self.kept(parts)
        self.slots = Self.kept(slots)
        self.names = Self.kept(names)
    }

    deinit {
        rows.deallocate()
        parts.deallocate()
        slots.deallocate()
        names.deallocate()
    }

    private static func kept<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
        memory.initialize(from: values, count: values.count)
        return memory
    }

    /// The row of a key in a structure, or -1.
    @inline(__always)
    func row(_ name: UnsafeBufferPointer<UInt8>, hash: UInt32, of structure: Int) -> Int {
        let part = parts[structure]
        var slot = hash & part.mask
        while true {
            let found = Int(slots[Int(part.slots &+ slot)])
            if found == 0 { return -1 }
            if rows[found &- 1].hash == hash, isNamed(name, found &- 1) { return found &- 1 }
            slot = (slot &+ 1) & part.mask
        }
    }

    @inline(__always)
    private func isNamed(_ name: UnsafeBufferPointer<UInt8>, _ row: Int) -> Bool {
        guard name.count == Int(rows[row].nameCount) else { return false }
        let bytes = names + Int(rows[row].nameOffset)
        var index = 0
        while index < name.count {
            if name[index] != bytes[index] { return false }
            index &+= 1
        }
        return true
    }

    /// The position of the member with this JSON name; nil also for siblings and `resourceType`.
    func member(_ name: UnsafeBufferPointer<UInt8>, hash: UInt32, of structure: Int) -> Int? {
        let row = row(name, hash: hash, of: structure)
        guard row >= 0, !rows[row].isSibling, rows[row].kind != .resourceType else { return nil }
        return Int(rows[row].member)
    }
}

extension ValidationPlan.Row {
    fileprivate init(_ member: Member, ordinal: UInt8, position: Int) {
        self.init(
            hash: 0, nameOffset: 0, nameCount: 0, kind: ValueKind(member), ordinal: ordinal, isList: member.isList,
            isChoice: member.isChoice, isSibling: false, member: UInt16(position),
            structure: Int32(member.structureIndex ?? -1), valueSet: Int16(member.valueSetIndex ?? -1),
            targets: Int16(member.targetsIndex ?? -1), max: member.max.map { UInt32($0) } ?? .max)
    }

    /// `resourceType`, which stands in no element table; its ordinal is beyond every element's.
    fileprivate static let resourceType = Self(
        hash: 0, nameOffset: 0, nameCount: 0, kind: .resourceType, ordinal: 63, isList: false, isChoice: false,
        isSibling: false, member: 0, structure: -1, valueSet: -1, targets: -1, max: 1)

    fileprivate func named(_ name: String, _ names: inout [UInt8]) -> Self {
        var row = self
        let utf8 = Array(name.utf8)
        row.hash = utf8.withUnsafeBufferPointer { keyHash($0) }
        row.nameOffset = UInt32(names.count)
        row.nameCount = UInt16(utf8.count)
        names += utf8
        return row
    }
}
