import JSON

/// Finds the positions of names in many lists by their UTF-8, without making a String: open addressing over 32-bit
/// hashes, all in four blocks of plain memory.
///
/// Entries are numbered through all lists, in the order given.
final class NameTables: Sendable {
    struct Entry {
        var hash: UInt32
        var start: UInt32
        var count: UInt32
    }

    private struct Part {
        var slots: UInt32
        var mask: UInt32
        var firstEntry: UInt32
    }

    // Written by the initialiser alone and freed by `deinit`: many threads may read them.
    nonisolated(unsafe) let entries: UnsafeMutablePointer<Entry>
    nonisolated(unsafe) let bytes: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) private let parts: UnsafeMutablePointer<Part>
    /// Entry plus one; zero is free.
    nonisolated(unsafe) private let slots: UnsafeMutablePointer<UInt32>

    /// - Parameter lists: the names; of equal ones in a list the first is found.
    init(_ lists: [[String]]) {
        var entries: [Entry] = []
        var bytes: [UInt8] = []
        var parts: [Part] = []
        var slots: [UInt32] = []
        for list in lists {
            // The least power of two that leaves half of the slots free.
            var size = 4
            while size < list.count * 2 { size *= 2 }
            let part = Part(
                slots: UInt32(slots.count), mask: UInt32(size - 1), firstEntry: UInt32(entries.count))
            parts.append(part)
            slots.append(contentsOf: repeatElement(0, count: size))
            for name in list {
                let start = bytes.count
                bytes.append(contentsOf: name.utf8)
                let hash = bytes.withUnsafeBufferPointer { keyHash(UnsafeBufferPointer(rebasing: $0[start...])) }
                var slot = hash & part.mask
                while slots[Int(part.slots + slot)] != 0 { slot = (slot + 1) & part.mask }
                entries.append(Entry(hash: hash, start: UInt32(start), count: UInt32(bytes.count - start)))
                slots[Int(part.slots + slot)] = UInt32(entries.count)
            }
        }
        self.entries = .keeping(entries)
        self.bytes = .keeping(bytes)
        self.parts = .keeping(parts)
        self.slots = .keeping(slots)
    }

    deinit {
        entries.deallocate()
        bytes.deallocate()
        parts.deallocate()
        slots.deallocate()
    }

    /// The entry of a name in a list, counted through all lists; -1 when it is not there.
    @inline(__always)
    func entry(of name: UnsafeBufferPointer<UInt8>, hash: UInt32, in list: Int) -> Int {
        let part = parts[list]
        var slot = hash & part.mask
        while true {
            let found = Int(slots[Int(part.slots &+ slot)]) &- 1
            if found < 0 || (entries[found].hash == hash && isNamed(name, found)) { return found }
            slot = (slot &+ 1) & part.mask
        }
    }

    @inline(__always)
    private func isNamed(_ name: UnsafeBufferPointer<UInt8>, _ entry: Int) -> Bool {
        guard name.count == Int(entries[entry].count) else { return false }
        let own = bytes + Int(entries[entry].start)
        var index = 0
        while index < name.count {
            if name[index] != own[index] { return false }
            index &+= 1
        }
        return true
    }

    /// The position of a name in a list; nil when it is not there.
    func position(of name: UnsafeBufferPointer<UInt8>, in list: Int = 0) -> Int? {
        let entry = entry(of: name, hash: keyHash(name), in: list)
        return entry < 0 ? nil : entry - Int(parts[list].firstEntry)
    }

    /// The position of a name in a list; nil when it is not there.
    func position(of name: String, in list: Int = 0) -> Int? {
        var name = name
        return name.withUTF8 { position(of: $0, in: list) }
    }

    /// The name of an entry.
    func name(_ entry: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes + Int(entries[entry].start), count: Int(entries[entry].count))
    }
}

extension UnsafeMutablePointer {
    /// Memory of its own with these values, which must be trivial.
    static func keeping(_ values: [Pointee]) -> Self {
        let memory = allocate(capacity: Swift.max(values.count, 1))
        memory.initialize(from: values, count: values.count)
        return memory
    }
}
