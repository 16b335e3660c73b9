extension TapeParser {
    /// The hash of a key that is written with escapes, taken over its unescaped UTF-8.
    @inline(never)
    static func escapedKeyHash(_ base: UnsafePointer<UInt8>, _ from: Int, _ end: Int) -> UInt32 {
        unescaped(UnsafeBufferPointer(start: base + from, count: end - from)).withUnsafeBufferPointer { keyHash($0) }
    }

    /// Whether the key at entry `key` stands earlier in the same object already.
    @inline(never)
    static func hasKey(
        _ base: UnsafePointer<UInt8>, _ tape: UnsafePointer<TapeEntry>, in object: Int, before key: Int
    ) -> Bool {
        var earlier = object + 1
        while earlier < key {
            if tape[earlier].next == tape[key].next, compare(base, tape[earlier], tape[key]) == 0 { return true }
            earlier = Int(tape[earlier + 1].next)
        }
        return false
    }

    /// The offset of a key that an earlier member of the same object has too, found by sorting: n·log n even when the
    /// keys were chosen to collide.
    @inline(never)
    static func repeatedKey(
        _ base: UnsafePointer<UInt8>, _ tape: UnsafePointer<TapeEntry>, in object: Int, end: Int, count: Int
    ) -> Int? {
        var keys: [UInt64] = []
        keys.reserveCapacity(count)
        var key = object + 1
        while key < end {
            keys.append(UInt64(tape[key].next) << 32 | UInt64(key))
            key = Int(tape[key + 1].next)
        }
        keys.sort()
        var repeated: Int?
        var first = 0
        while first < keys.count {
            var last = first + 1
            while last < keys.count, keys[last] >> 32 == keys[first] >> 32 { last += 1 }
            if last - first > 1 {
                let run = keys[first..<last].map { Int($0 & 0xFFFF_FFFF) }
                    .sorted { one, other in
                        let order = compare(base, tape[one], tape[other])
                        return order == 0 ? one < other : order < 0
                    }
                for (one, other) in zip(run, run.dropFirst()) where compare(base, tape[one], tape[other]) == 0 {
                    repeated = min(repeated ?? .max, Int(tape[other].start))
                }
            }
            first = last
        }
        return repeated
    }

    /// The order of two keys by their unescaped UTF-8: negative, zero or positive.
    private static func compare(_ base: UnsafePointer<UInt8>, _ one: TapeEntry, _ other: TapeEntry) -> Int {
        if (one.flags | other.flags) & TapeEntry.hasEscapes == 0 {
            return compare(characters(base, one), characters(base, other))
        }
        return unescaped(characters(base, one)).withUnsafeBufferPointer { left in
            unescaped(characters(base, other)).withUnsafeBufferPointer { right in compare(left, right) }
        }
    }

    private static func compare(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Int {
        guard one.count == other.count else { return one.count - other.count }
        for index in 0..<one.count where one[index] != other[index] { return Int(one[index]) - Int(other[index]) }
        return 0
    }

    /// The bytes between a string's quotes.
    static func characters(_ base: UnsafePointer<UInt8>, _ entry: TapeEntry) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + Int(entry.start) + 1, count: Int(entry.end - entry.start) - 2)
    }
}
