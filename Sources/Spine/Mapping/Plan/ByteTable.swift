/// Text that lies in memory which somebody else keeps: of a message, of a program, of a run.
typealias Bytes = UnsafeBufferPointer<UInt8>

/// Equal bytes.
@inline(__always)
func same(_ one: Bytes, _ other: Bytes) -> Bool {
    guard one.count == other.count else { return false }
    var place = 0
    while place < one.count {
        if one[place] != other[place] { return false }
        place += 1
    }
    return true
}

/// A hash of bytes, eight at a time (multiply and fold, as in wyhash). It is for finding, not for trusting.
@inline(__always)
func hash(_ bytes: Bytes) -> UInt64 {
    func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
    var hash = 0xCBF2_9CE4_8422_2325 ^ UInt64(bytes.count)
    var place = 0
    let raw = UnsafeRawBufferPointer(bytes)
    while place + 8 <= bytes.count {
        hash = fold(hash, raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        place += 8
    }
    var rest: UInt64 = 0
    while place < bytes.count {
        rest = rest << 8 | UInt64(bytes[place])
        place += 1
    }
    return fold(hash, rest)
}

/// From keys to their places, looked up without making anything.
struct ByteTable {
    fileprivate(set) var keys: UnsafeBufferPointer<Bytes>
    /// The place of a key and one; 0: nothing. Their number is a power of two.
    fileprivate(set) var slots: UnsafeBufferPointer<Int32>

    @inline(__always)
    func place(of key: Bytes) -> Int? {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash(key)) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if same(keys[place], key) { return place }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

/// Memory for what a program is made of: written while it is built, read only afterwards, and given back with it.
final class ProgramMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// Keeps plain values: none of them may hold a reference.
    func keep<Value>(_ values: [Value]) -> UnsafeBufferPointer<Value> {
        guard !values.isEmpty else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeBufferPointer(start: keep(first: values), count: values.count)
    }

    /// Keeps plain values, one at least; gives the first.
    func keep<Value>(first values: [Value]) -> UnsafePointer<Value> {
        let room = UnsafeMutablePointer<Value>.allocate(capacity: max(values.count, 1))
        room.initialize(from: values, count: values.count)
        blocks.append(UnsafeMutableRawPointer(room))
        return UnsafePointer(room)
    }

    func keep(_ text: String) -> Bytes { keep(Array(text.utf8)) }

    /// Keeps keys; those that come twice are found at their first place.
    func keep(keys: [Bytes]) -> ByteTable {
        var size = 4
        while size < keys.count * 2 { size *= 2 }
        var slots = [Int32](repeating: 0, count: size)
        for (place, key) in keys.enumerated() {
            var slot = Int(truncatingIfNeeded: hash(key)) & (size - 1)
            while slots[slot] != 0, !same(keys[Int(slots[slot]) - 1], key) { slot = (slot + 1) & (size - 1) }
            if slots[slot] == 0 { slots[slot] = Int32(place + 1) }
        }
        return ByteTable(keys: keep(keys), slots: keep(slots))
    }
}
