/// Which of twins a record is about: said by its name (双大, 之子2), or by the resident number, whose sequence (顺序码) is
/// given in the order of birth.
struct Twins {
    /// 1 the elder, 2 the younger, 0 not known; by record.
    private(set) var orders: [UInt8]

    init(_ comparison: Comparison) {
        orders = comparison.features.map(\.birthOrder)
    }

    /// Looks at a pair: two valid numbers of one district, date and sex in one household are twins'.
    mutating func learn(_ comparison: Comparison, _ i: Int, _ j: Int, _ pattern: UInt64) {
        guard Slot.number.level(in: pattern) == Int(NumberLevel.twoPersons), Slot.birth.level(in: pattern) == 1,
            Slot.phone.level(in: pattern) == 1 || Slot.place.level(in: pattern) == 1
                || (1...2).contains(Slot.guardian.level(in: pattern))
        else { return }
        let (a, b) = (comparison.features[i].number.places, comparison.features[j].number.places)
        guard a[..<14] == b[..<14], a[16] % 2 == b[16] % 2 else { return }
        let isElder = a[14..<17].lexicographicallyPrecedes(b[14..<17])
        if orders[i] == 0 { orders[i] = isElder ? 1 : 2 }
        if orders[j] == 0 { orders[j] = isElder ? 2 : 1 }
    }
}
