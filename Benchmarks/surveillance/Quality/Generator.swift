import Foundation

/// SplitMix64: the same numbers for the same seed, everywhere.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func unit() -> Double { Double.random(in: 0..<1, using: &self) }

    /// Poisson, by adding up times between arrivals.
    mutating func poisson(_ mean: Double) -> Double {
        var (time, count) = (-log(1 - unit()), 0.0)
        while time < mean {
            count += 1
            time -= log(1 - unit())
        }
        return count
    }
}
