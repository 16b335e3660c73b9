/// Blackman and Vigna's xoshiro256++, seeded by SplitMix64: the same seed gives the same draws everywhere.
struct Xoshiro: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var seed = seed
        func next() -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            var z = seed
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    mutating func next() -> UInt64 {
        func rotated(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by) | (x >> (64 - by)) }
        let result = rotated(state.0 &+ state.3, 23) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// A number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// A number within 0 and 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Draws of cells with given probabilities, each in constant time (Walker's alias method).
struct AliasTable {
    private var share: [Double]
    private var alias: [Int]

    init(_ weights: [Double]) {
        let n = weights.count
        let total = weights.reduce(0, +)
        share = weights.map { $0 / total * Double(n) }
        alias = Array(0..<n)
        var small = share.indices.filter { share[$0] < 1 }
        var large = share.indices.filter { share[$0] >= 1 }
        while let little = small.popLast(), let big = large.last {
            alias[little] = big
            share[big] -= 1 - share[little]
            if share[big] < 1 {
                large.removeLast()
                small.append(big)
            }
        }
        // What is left over differs from 1 by rounding alone; a cell of no weight keeps its alias.
        for index in large { share[index] = 1 }
    }

    func draw(_ generator: inout Xoshiro) -> Int {
        let cell = generator.below(share.count)
        return generator.unit() < share[cell] ? cell : alias[cell]
    }
}
