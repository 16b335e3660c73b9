/// Numbers found by a number, with open addressing. It is never freed.
struct NumberTable: @unchecked Sendable {
    private let keys: UnsafePointer<UInt64>
    private let values: UnsafePointer<Int32>
    private let shift: UInt64

    private static let free = UInt64.max

    /// - Parameter contents: no key may be `UInt64.max`.
    init(_ contents: [UInt64: Int32]) {
        var bits: UInt64 = 4
        while 1 << bits < contents.count * 2 { bits += 1 }
        let keys = UnsafeMutablePointer<UInt64>.allocate(capacity: 1 << bits)
        let values = UnsafeMutablePointer<Int32>.allocate(capacity: 1 << bits)
        keys.initialize(repeating: Self.free, count: 1 << bits)
        values.initialize(repeating: 0, count: 1 << bits)
        shift = 64 - bits
        for (key, value) in contents {
            var place = Self.place(key, shift)
            while keys[place] != Self.free { place = (place + 1) & (1 << bits - 1) }
            (keys[place], values[place]) = (key, value)
        }
        self.keys = UnsafePointer(keys)
        self.values = UnsafePointer(values)
    }

    @inline(__always)
    private static func place(_ key: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    subscript(_ key: UInt64) -> Int32? {
        @inline(__always) get {
            var place = Self.place(key, shift)
            while keys[place] != Self.free {
                if keys[place] == key { return values[place] }
                place = (place &+ 1) & (1 &<< Int(64 &- shift) &- 1)
            }
            return nil
        }
    }
}
