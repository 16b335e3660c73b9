/// Bytes of a field made comparable.
enum Text {
    /// The scalars of UTF-8 bytes, full-width forms (全角) folded to ASCII and letters to lower case; broken bytes become
    /// U+FFFD.
    static func folded(_ bytes: UnsafeBufferPointer<UInt8>, into scalars: inout [UInt32]) {
        scalars.removeAll(keepingCapacity: true)
        var at = 0
        while at < bytes.count {
            let first = bytes[at]
            var scalar = UInt32(first)
            var length = 1
            if first >= 0xF0 {
                length = 4
                scalar = UInt32(first & 0x07)
            } else if first >= 0xE0 {
                length = 3
                scalar = UInt32(first & 0x0F)
            } else if first >= 0xC0 {
                length = 2
                scalar = UInt32(first & 0x1F)
            } else if first >= 0x80 {
                scalar = 0xFFFD
            }
            if at + length > bytes.count {
                scalar = 0xFFFD
                length = bytes.count - at
            } else {
                for next in 1..<max(length, 1) { scalar = scalar << 6 | UInt32(bytes[at + next] & 0x3F) }
            }
            at += length
            if scalar == 0x3000 || scalar == 0xA0 { scalar = 0x20 }
            if (0xFF01...0xFF5E).contains(scalar) { scalar -= 0xFEE0 }
            if (0x41...0x5A).contains(scalar) { scalar += 0x20 }
            scalars.append(scalar)
        }
        while scalars.last == 0x20 || scalars.last == 9 || scalars.last == 13 { scalars.removeLast() }
        if let start = scalars.firstIndex(where: { $0 != 0x20 && $0 != 9 && $0 != 0xFEFF }), start > 0 {
            scalars.removeFirst(start)
        }
    }
}

/// Hashes of 64 bits. Two different values of a million share one with a probability below 1 in 10 million.
enum Hash {
    static func mixed(_ value: UInt64) -> UInt64 {
        var x = value &+ 0x9E37_79B9_7F4A_7C15
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x >> 31)
    }

    static func combined(_ a: UInt64, _ b: UInt64) -> UInt64 { mixed(a ^ (mixed(b) &* 3)) }

    static func of<Values: Sequence>(_ values: Values) -> UInt64 where Values.Element: BinaryInteger {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for value in values { hash = mixed(hash ^ UInt64(truncatingIfNeeded: value)) }
        return hash
    }
}

/// A table from 64-bit keys to numbers 0, 1, 2 … in the order of first appearance, with a count of appearances.
struct Numbering: Sendable {
    private var slots: [Int32] = Array(repeating: -1, count: 1024)
    private(set) var keys: [UInt64] = []
    private(set) var counts: [Int32] = []

    var count: Int { keys.count }

    /// The key's number, and whether it is new.
    mutating func number(of key: UInt64) -> (number: Int32, isNew: Bool) {
        if keys.count * 2 > slots.count { grow() }
        let mask = slots.count - 1
        var at = Int(truncatingIfNeeded: Hash.mixed(key)) & mask
        while slots[at] >= 0 {
            if keys[Int(slots[at])] == key {
                counts[Int(slots[at])] += 1
                return (slots[at], false)
            }
            at = (at + 1) & mask
        }
        slots[at] = Int32(keys.count)
        keys.append(key)
        counts.append(1)
        return (Int32(keys.count - 1), true)
    }

    func find(_ key: UInt64) -> Int32? {
        let mask = slots.count - 1
        var at = Int(truncatingIfNeeded: Hash.mixed(key)) & mask
        while slots[at] >= 0 {
            if keys[Int(slots[at])] == key { return slots[at] }
            at = (at + 1) & mask
        }
        return nil
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        let mask = slots.count - 1
        for (number, key) in keys.enumerated() {
            var at = Int(truncatingIfNeeded: Hash.mixed(key)) & mask
            while slots[at] >= 0 { at = (at + 1) & mask }
            slots[at] = Int32(number)
        }
    }
}
