/// What is known of births of twins: which of them a record is about, and that a birth was one of twins at all.
///
/// The name says which of them it is (双大, 之子2), or the resident number, whose sequence (顺序码) is given in the order of
/// birth. That a birth was one of twins the same names tell, and two valid numbers of one birth date in one household.
struct Twins {
    /// 1 the elder, 2 the younger, 0 not known; by record.
    private(set) var orders: [UInt8]
    /// Births that are known to be of twins, by what a family's records share, with the sexes that were seen: 1 male,
    /// 2 female, 3 both.
    private var births: [UInt64: UInt8] = [:]
    private let comparison: Comparison

    init(_ comparison: Comparison) {
        self.comparison = comparison
        orders = comparison.features.map(\.birthOrder)
        for record in comparison.features where record.birthOrder != 0 { mark(record) }
    }

    /// Looks at a pair: two valid numbers of one date in one household are twins'; of one district and sex too, they tell
    /// the order.
    mutating func learn(_ i: Int, _ j: Int, _ pattern: UInt64) {
        guard Slot.number.level(in: pattern) == Int(NumberLevel.twoPersons), Slot.birth.level(in: pattern) == 1,
            Slot.phone.level(in: pattern) == 1 || Slot.place.level(in: pattern) == 1
                || (1...2).contains(Slot.guardian.level(in: pattern))
        else { return }
        mark(comparison.features[i])
        mark(comparison.features[j])
        let (a, b) = (comparison.features[i].number.places, comparison.features[j].number.places)
        guard a[..<14] == b[..<14], a[16] % 2 == b[16] % 2 else { return }
        let isElder = a[14..<17].lexicographicallyPrecedes(b[14..<17])
        if orders[i] == 0 { orders[i] = isElder ? 1 : 2 }
        if orders[j] == 0 { orders[j] = isElder ? 2 : 1 }
    }

    /// The sexes of the twins that a record's birth is known to be of; nil if it is not known to be one.
    func sexes(_ record: Int) -> UInt8? {
        let found = keys(comparison.features[record]).compactMap { births[$0] }
        return found.isEmpty ? nil : found.reduce(0, |)
    }

    private mutating func mark(_ record: Features) {
        let number = record.number
        let sex: UInt8 = number.kind == .resident ? 2 - number.places[16] % 2 : record.sex
        for key in keys(record) { births[key, default: 0] |= sex }
    }

    /// What the records of one birth in one family share.
    private func keys(_ record: Features) -> [UInt64] {
        if record.birth == 0 { return [] }
        let guardian = record.guardian < 0 ? 0 : comparison.names.soundHashes[Int(record.guardian)]
        return [record.phone, record.flat, guardian, record.guardianNumber].enumerated().compactMap { at, value in
            value == 0 ? nil : Hash.combined(Hash.combined(value, UInt64(at)), UInt64(record.birth))
        }
    }
}
