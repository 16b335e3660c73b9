/// Compares pairs of a roster's records.
struct Comparison {
    let features: [Features]
    let names: Names
    let words: Words

    init(_ roster: Roster) {
        features = roster.features
        names = roster.names
        words = roster.words
    }

    /// The levels of all slots, packed.
    func pattern(_ i: Int, _ j: Int) -> UInt64 {
        features.withUnsafeBufferPointer { features in pattern(features[i], features[j]) }
    }

    func pattern(_ a: Features, _ b: Features) -> UInt64 {
        var pattern = Slot.birth.packed(BirthLevel.level(a.birth, b.birth))
        if a.name >= 0, b.name >= 0 {
            pattern |= Slot.name.packed(names.agreement(a.name, b.name).rawValue)
        }
        if a.sex > 0, b.sex > 0 { pattern |= Slot.sex.packed(a.sex == b.sex ? 1 : 2) }
        pattern |= Slot.number.packed(Self.numberLevel(a.number, b.number))
        pattern |= Slot.identifier.packed(Self.identifierLevel(a.identifier, b.identifier))
        if !a.isNewborn, !b.isNewborn { pattern |= Slot.socialCard.packed(Self.equality(a.socialCard, b.socialCard)) }
        if a.source == b.source { pattern |= Slot.card.packed(Self.equality(a.card, b.card)) }
        pattern |= Slot.phone.packed(Self.phoneLevel(a.phone, b.phone))
        pattern |= Slot.place.packed(Self.placeLevel(a, b))
        pattern |= Slot.guardian.packed(guardianLevel(a, b))
        pattern |= Slot.ethnicity.packed(Self.equality(UInt64(a.ethnicity), UInt64(b.ethnicity)))
        if a.given >= 0 || a.surname >= 0, b.given >= 0 || b.surname >= 0 { pattern |= partedNameLevels(a, b) }
        if a.address1 >= 0 || a.suburb >= 0 || a.postcode >= 0 || a.streetNumber >= 0 {
            pattern |= partedPlaceLevels(a, b)
        }
        return pattern
    }

    private static func equality(_ a: UInt64, _ b: UInt64) -> UInt64 { a == 0 || b == 0 ? 0 : a == b ? 1 : 2 }

    private static func numberLevel(_ a: DocumentNumber, _ b: DocumentNumber) -> UInt64 {
        if a.kind == .none || b.kind == .none { return 0 }
        if a == b { return a.kind == .resident ? NumberLevel.same : NumberLevel.sameUnproven }
        if a.kind == .resident, b.kind == .resident { return NumberLevel.twoPersons }
        return DocumentNumber.isNear(a, b) ? NumberLevel.near : NumberLevel.different
    }

    private static func identifierLevel(_ a: DocumentNumber, _ b: DocumentNumber) -> UInt64 {
        if a.kind == .none || b.kind == .none { return 0 }
        return a == b ? 1 : DocumentNumber.isNear(a, b) ? 2 : 3
    }

    private static func phoneLevel(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if a == 0 || b == 0 { return 0 }
        if a == b { return 1 }
        var (x, y) = (a, b)
        var differing = 0
        while x > 0 || y > 0 {
            if x % 10 != y % 10 { differing += 1 }
            x /= 10
            y /= 10
        }
        return differing <= 1 ? 2 : 3
    }

    private static func placeLevel(_ a: Features, _ b: Features) -> UInt64 {
        if a.flat != 0, b.flat != 0 {
            if a.flat == b.flat { return 1 }
            if a.estate == b.estate { return 2 }
        }
        if a.district == 0 || b.district == 0 { return a.flat != 0 && b.flat != 0 ? 4 : 0 }
        return a.district == b.district ? 3 : 4
    }

    private func guardianLevel(_ a: Features, _ b: Features) -> UInt64 {
        if a.guardianNumber != 0, a.guardianNumber == b.guardianNumber { return 1 }
        if a.guardian < 0 || b.guardian < 0 { return 0 }
        switch names.agreement(a.guardian, b.guardian) {
        case .notComparable: return 0
        case .same, .sameSound: return 2
        default: return 3
        }
    }

    private func partedNameLevels(_ a: Features, _ b: Features) -> UInt64 {
        var given = wordLevel(a.given, b.given)
        var surname = wordLevel(a.surname, b.surname)
        if given == 4 || surname == 4 || given == 0 || surname == 0 {
            let crossed = (wordLevel(a.given, b.surname), wordLevel(a.surname, b.given))
            if (1...2).contains(crossed.0), crossed.1 <= 3 { given = 5 }
            if (1...2).contains(crossed.1), crossed.0 <= 3 { surname = 5 }
        }
        return Slot.given.packed(given) | Slot.surname.packed(surname)
    }

    private func partedPlaceLevels(_ a: Features, _ b: Features) -> UInt64 {
        var first = wordLevel(a.address1, b.address1)
        var second = wordLevel(a.address2, b.address2)
        if first == 4 || first == 0, (1...2).contains(wordLevel(a.address1, b.address2)) { first = 2 }
        if second == 4 || second == 0, (1...2).contains(wordLevel(a.address2, b.address1)) { second = 2 }
        var pattern = Slot.address1.packed(first) | Slot.address2.packed(second)
        pattern |= Slot.suburb.packed(wordLevel(a.suburb, b.suburb))
        pattern |= Slot.postcode.packed(wordLevel(a.postcode, b.postcode))
        if a.streetNumber >= 0, b.streetNumber >= 0 {
            pattern |= Slot.streetNumber.packed(a.streetNumber == b.streetNumber ? 1 : 2)
        }
        return pattern
    }

    /// 1 equal, 2 one slip or very similar, 3 similar, 4 different; 0 if one is missing.
    private func wordLevel(_ a: Int32, _ b: Int32) -> UInt64 {
        if a < 0 || b < 0 { return 0 }
        if a == b { return 1 }
        let (x, y) = (words.texts[Int(a)], words.texts[Int(b)])
        if EditDistance.isAtMostOne(x, y) { return 2 }
        let similarity = JaroWinkler.similarity(x, y)
        return similarity >= 0.92 ? 2 : similarity >= 0.8 ? 3 : 4
    }
}
