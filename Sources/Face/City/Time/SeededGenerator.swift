/// Scrambles 64 bits so that neighbouring inputs give unrelated outputs.
///
/// This is the output function of SplitMix64 (Steele, Lea and Flood, 2014); it is a bijection.
func scrambled(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
}

/// A seeded source of random numbers, SplitMix64: the same seed gives the same numbers on every machine.
///
/// Deviates are made with additions and multiplications only, so that no mathematical library can change a digit.
struct SeededGenerator: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A stream of its own for one purpose, so that drawing more numbers for one thing does not change another.
    init(seed: UInt64, purpose: Purpose) {
        state = scrambled(seed &+ purpose.rawValue &* 0xD1B5_4A32_D192_ED03)
    }

    /// What a stream of numbers is for.
    enum Purpose: UInt64 {
        case institutions = 1, household, home, identity, traits, death, birth, visits, immunisation, childCare
        case pregnancy, story, offices, outbreaks, outbreakVisits, streams, hazards, registers, arrival, laboratories
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return scrambled(state)
    }

    /// A whole number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(truncatingIfNeeded: max(bound, 1))).high)
    }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// A number from 0 up to, not including, 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    mutating func percent(_ percent: Int) -> Bool { below(100) < percent }

    /// Roughly normal with mean 0 and standard deviation 1, never further out than 3.5: the sum of four uniform
    /// numbers, centred and scaled.
    mutating func deviate() -> Double { SeededGenerator.deviate(of: next()) }

    /// The deviate that belongs to 64 random bits.
    static func deviate(of bits: UInt64) -> Double {
        let sum = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48)
        return (Double(sum) * 0x1p-16 - 2) * 1.732_050_8
    }

    mutating func element<Element>(of elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}

/// Weights to choose from, summed up once.
struct WeightedChoice: Sendable {
    private let sums: [Double]

    init(_ weights: [Double]) {
        var sum = 0.0
        sums = weights.map { weight in
            sum += weight
            return sum
        }
    }

    var total: Double { sums.last ?? 0 }

    /// How much of the whole an index has.
    func share(of index: Int) -> Double {
        total > 0 ? (sums[index] - (index > 0 ? sums[index - 1] : 0)) / total : 0
    }

    /// The index that a number from 0 to 1 falls on.
    func index(at unit: Double) -> Int {
        let target = unit * total
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return max(low, 0)
    }

    func pick(_ random: inout SeededGenerator) -> Int { index(at: random.unit()) }
}
