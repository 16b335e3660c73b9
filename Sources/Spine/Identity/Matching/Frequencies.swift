import Foundation

/// How much more, or less, agreement on a certain value happens by chance than agreement on average (term frequency):
/// two records of 王伟 say less than two of 诸葛晚晴.
struct Frequencies: Sendable {
    /// Log2 of a value's share over the chance that two records agree; by name, record, or word.
    private var names: [Float]
    private var sounds: [Float]
    private var guardians: [Float]
    private var births: [Float]
    private var ethnicities: [Float]
    private var words: [[Float]]

    init(_ comparison: Comparison) {
        let features = comparison.features
        let hashes = comparison.names.soundHashes
        var soundNumbers = Numbering()
        let soundOf = hashes.map { soundNumbers.number(of: $0).number }
        names = Self.bits(features.lazy.map(\.name), count: hashes.count)
        let bySound = Self.bits(
            features.lazy.map { $0.name < 0 ? -1 : soundOf[Int($0.name)] }, count: soundNumbers.count)
        sounds = soundOf.map { bySound[Int($0)] }
        let byGuardian = Self.bits(
            features.lazy.map { $0.guardian < 0 ? -1 : soundOf[Int($0.guardian)] }, count: soundNumbers.count)
        guardians = soundOf.map { byGuardian[Int($0)] }
        births = Self.bitsOfRecords(features.map { UInt64($0.birth) })
        ethnicities = Self.bitsOfRecords(features.map { UInt64($0.ethnicity) })
        words = Self.parted.map { part in
            Self.bits(features.lazy.map(part.word), count: comparison.texts.count)
        }
    }

    private static let parted: [(slot: Slot, word: @Sendable (Features) -> Int32)] = [
        (.given, { $0.given }), (.surname, { $0.surname }), (.address1, { $0.address1 }), (.address2, { $0.address2 }),
        (.suburb, { $0.suburb }), (.postcode, { $0.postcode }),
    ]

    private static func bits(_ values: some Sequence<Int32>, count: Int) -> [Float] {
        var counts = [Double](repeating: 0, count: count)
        var total = 0.0
        for value in values where value >= 0 {
            counts[Int(value)] += 1
            total += 1
        }
        if total < 2 { return [Float](repeating: 0, count: count) }
        let agreement = max(counts.reduce(0) { $0 + $1 * ($1 - 1) } / (total * (total - 1)), 1 / total)
        return counts.map { Float(log2(($0 + 1) / total / agreement)) }
    }

    private static func bitsOfRecords(_ values: [UInt64]) -> [Float] {
        var numbering = Numbering()
        let numbers = values.map { $0 == 0 ? -1 : numbering.number(of: $0).number }
        let bits = bits(numbers, count: numbering.count)
        return numbers.map { $0 < 0 ? 0 : bits[Int($0)] }
    }

    /// Bits to add to the likelihood of strangers.
    func bits(_ a: Features, _ b: Features, _ i: Int, _ pattern: UInt64) -> Double {
        var sum: Float = 0
        switch Slot.name.level(in: pattern) {
        case Int(Names.Agreement.same.rawValue): sum += names[Int(a.name)]
        case Int(Names.Agreement.sameSound.rawValue): sum += max(sounds[Int(a.name)], sounds[Int(b.name)])
        default: break
        }
        if Slot.birth.level(in: pattern) == 1 { sum += births[i] }
        if Slot.guardian.level(in: pattern) == 2 { sum += max(guardians[Int(a.guardian)], guardians[Int(b.guardian)]) }
        if Slot.ethnicity.level(in: pattern) == 1 { sum += ethnicities[i] }
        if a.given >= 0 || a.surname >= 0 {
            for (at, part) in Self.parted.enumerated() where part.slot.level(in: pattern) == 1 {
                let word = part.word(a)
                // Two fields whose contents were exchanged agree without being equal.
                if word >= 0 { sum += words[at][Int(word)] }
            }
        }
        return Double(sum)
    }
}
