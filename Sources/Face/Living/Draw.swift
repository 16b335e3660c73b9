/// Chance that follows from what it is about: the same seed and words always give the same number, in whatever order they are asked for.
struct Draw: Sendable {
    let seed: UInt64

    /// A number from 0 up to, not including, 1.
    func unit(_ words: String...) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ seed
        for word in words {
            for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 0x1F) &* 0x100_0000_01B3
        }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((hash ^ (hash >> 31)) >> 11) / 9_007_199_254_740_992
    }

    /// About as often below as above 0, mostly between -2 and 2: the sum of four uniform numbers, so that no library can change a digit.
    func bell(_ name: String, _ more: String) -> Double {
        let sum = ["a", "b", "c", "d"].reduce(0.0) { $0 + unit(name, more, $1) }
        return (sum - 2) * 1.7320508075688772
    }
}
