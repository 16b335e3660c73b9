import JSON

/// Finds the position of a name in a list by its UTF-8, without making a String: open addressing over 32-bit hashes.
struct NameTable: Sendable {
    private let hashes: [UInt32]
    private let offsets: [Int]
    private let bytes: [UInt8]
    /// Position plus one; zero is free. A power of two long, at most half full.
    private let slots: [UInt32]

    /// - Parameter names: of equal names the first one is found.
    init(_ names: [String]) {
        var bytes: [UInt8] = []
        var offsets = [0]
        var hashes: [UInt32] = []
        for name in names {
            let utf8 = Array(name.utf8)
            bytes += utf8
            offsets.append(bytes.count)
            hashes.append(utf8.withUnsafeBufferPointer { keyHash($0) })
        }
        var slots = [UInt32](repeating: 0, count: Self.size(for: names.count))
        for (position, hash) in hashes.enumerated() {
            var slot = Int(hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(position + 1)
        }
        self.bytes = bytes
        self.offsets = offsets
        self.hashes = hashes
        self.slots = slots
    }

    /// The least power of two that leaves half of the slots free.
    static func size(for count: Int) -> Int {
        var size = 4
        while size < count * 2 { size *= 2 }
        return size
    }

    /// The position of a name; nil when it is not in the list.
    func position(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        let hash = keyHash(name)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let position = Int(slots[slot]) - 1
            if hashes[position] == hash, equals(name, offsets[position], offsets[position + 1]) { return position }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    func position(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { position(of: $0) }
    }

    private func equals(_ name: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard name.count == end - start else { return false }
        for index in 0..<name.count where name[index] != bytes[start + index] { return false }
        return true
    }
}
