import Foundation

/// How much more, or less, agreement on a certain value happens by chance than agreement on average (term frequency):
/// two records of 王伟 say less than two of 诸葛晚晴.
struct Frequencies: Sendable {
    /// Log2 of the share of a record's value over the chance that two records agree; by slot and record.
    private var bits: [[Float]]
    /// The same of the sound of a record's name.
    private var sounds: [Float]

    /// Slots where it matters which value two records agree on. The guardian goes by sound.
    static let slots: [Slot] = [
        .name, .guardian, .birth, .ethnicity, .given, .surname, .address1, .address2, .suburb, .postcode, .streetNumber,
    ]

    /// Stands for "the name's sound", which has no slot of its own.
    private static let sound = Slot.number

    /// Frequencies among the compared records themselves.
    init(_ comparison: Comparison) {
        bits = Slot.allCases.map { _ in [] }
        sounds = []
        for slot in Self.slots { bits[slot.rawValue] = Self.bits(slot, comparison) }
        sounds = Self.bits(Self.sound, comparison)
    }

    /// Frequencies known from elsewhere.
    init(_ comparison: Comparison, known: KnownValues) {
        bits = Slot.allCases.map { _ in [] }
        for slot in Self.slots {
            bits[slot.rawValue] = comparison.features.map { known.value(slot, Self.hash(slot, $0, comparison)) }
        }
        sounds = bits[Slot.name.rawValue]
    }

    private static func bits(_ slot: Slot, _ comparison: Comparison) -> [Float] {
        var numbering = Numbering()
        let numbers = comparison.features.map { record -> Int32 in
            let hash = hash(slot, record, comparison)
            return hash == 0 ? -1 : numbering.number(of: hash).number
        }
        let total = Double(numbering.counts.reduce(0) { $0 + Int($1) })
        let chance = chance(slot, numbering.counts, total)
        let values = numbering.counts.map { value($0, total, chance) }
        return numbers.map { $0 < 0 ? 0 : values[Int($0)] }
    }

    /// The chance that two of the records have one value in a slot; nil where values do not matter.
    static func chance(_ slot: Slot, _ comparison: Comparison) -> Double? {
        guard slots.contains(slot) else { return nil }
        var numbering = Numbering()
        for record in comparison.features {
            let hash = hash(slot, record, comparison)
            if hash != 0 { _ = numbering.number(of: hash) }
        }
        let total = Double(numbering.counts.reduce(0) { $0 + Int($1) })
        return chance(slot, numbering.counts, total)
    }

    /// The chance that two of the records agree.
    static func chance(_ slot: Slot, _ counts: [Int32], _ total: Double) -> Double {
        let usual = (slot == sound ? Slot.name : slot).usual[slot.sameLevel]
        let pairs = counts.reduce(0) { $0 + Double($1) * (Double($1) - 1) }
        return (pairs + usual * 2 * Slot.usualPairs) / (total * max(total - 1, 0) + 2 * Slot.usualPairs)
    }

    /// Log2 of a value's share over the chance that two records agree; values not seen are as many as a hundred records.
    static func value(_ count: Int32, _ total: Double, _ chance: Double) -> Float {
        Float(log2((Double(count) + 1) / (total + 100) / chance))
    }

    /// The value that a record has in a slot, hashed; 0 none.
    static func hash(_ slot: Slot, _ record: Features, _ comparison: Comparison) -> UInt64 {
        func word(_ number: Int32) -> UInt64 { number < 0 ? 0 : comparison.words.hash(of: number) }
        switch slot {
        case .name: return record.name < 0 ? 0 : comparison.names.hash(of: record.name)
        case sound: return record.name < 0 ? 0 : comparison.names.soundHashes[Int(record.name)]
        case .guardian: return record.guardian < 0 ? 0 : comparison.names.soundHashes[Int(record.guardian)]
        case .birth: return UInt64(record.birth)
        case .ethnicity: return UInt64(record.ethnicity)
        case .given: return word(record.given)
        case .surname: return word(record.surname)
        case .address1: return word(record.address1)
        case .address2: return word(record.address2)
        case .suburb: return word(record.suburb)
        case .postcode: return word(record.postcode)
        case .streetNumber: return word(record.streetNumber)
        default: return 0
        }
    }

    /// Bits to add to the likelihood of strangers.
    func bits(_ i: Int, _ j: Int, _ pattern: UInt64) -> Double {
        var sum: Float = 0
        switch Slot.name.level(in: pattern) {
        case Int(Names.Agreement.same.rawValue): sum += bits[Slot.name.rawValue][i]
        case Int(Names.Agreement.sameSound.rawValue): sum += max(sounds[i], sounds[j])
        default: break
        }
        if Slot.guardian.level(in: pattern) == 2 {
            sum += max(bits[Slot.guardian.rawValue][i], bits[Slot.guardian.rawValue][j])
        }
        for slot in Self.slots where slot != .name && slot != .guardian && slot.level(in: pattern) == 1 {
            sum += bits[slot.rawValue][i]
        }
        return Double(sum)
    }
}
