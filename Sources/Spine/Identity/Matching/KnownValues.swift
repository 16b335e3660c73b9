/// How common the values of an index are, apart from the index: by hash, for those that occur more than twice.
struct KnownValues: Sendable, Codable, Equatable {
    /// Log2 of a value's share over the chance that two records agree; by slot and hash.
    var bits: [Int: [UInt64: Float]] = [:]
    /// The same for a value that occurs once or twice.
    var rare: [Int: Float] = [:]

    private static let namedOften: Int32 = 3

    /// Nothing is known: every value is as common as the average one.
    init() {}

    init(_ comparison: Comparison) {
        for slot in Frequencies.slots {
            var numbering = Numbering()
            for record in comparison.features {
                let hash = Frequencies.hash(slot, record, comparison)
                if hash != 0 { _ = numbering.number(of: hash) }
            }
            let total = Double(numbering.counts.reduce(0) { $0 + Int($1) })
            let chance = Frequencies.chance(slot, numbering.counts, total)
            rare[slot.rawValue] = Frequencies.value(1, total, chance)
            var common: [UInt64: Float] = [:]
            for (hash, count) in zip(numbering.keys, numbering.counts) where count >= Self.namedOften {
                common[hash] = Frequencies.value(count, total, chance)
            }
            bits[slot.rawValue] = common
        }
    }

    func value(_ slot: Slot, _ hash: UInt64) -> Float {
        hash == 0 ? 0 : bits[slot.rawValue]?[hash] ?? rare[slot.rawValue] ?? 0
    }
}
