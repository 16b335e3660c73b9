/// One comparison of two records. Each gives a level from 0 (nothing to compare) upwards; the levels of all slots of a
/// pair are packed into 64 bits, the pair's pattern.
enum Slot: Int, CaseIterable, Sendable {
    case name, given, surname, birth, sex, number, identifier, socialCard, card, phone, place, guardian, ethnicity
    case streetNumber, address1, address2, suburb, postcode

    /// Bits of a slot in a pattern.
    static let widths: [Int] = [3, 3, 3, 4, 2, 3, 3, 2, 2, 2, 3, 2, 2, 2, 3, 3, 3, 3]
    static let shifts: [Int] = widths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }

    func level(in pattern: UInt64) -> Int {
        Int(truncatingIfNeeded: pattern >> UInt64(Self.shifts[rawValue])) & (1 << Self.widths[rawValue] - 1)
    }

    func packed(_ level: UInt64) -> UInt64 { level << UInt64(Self.shifts[rawValue]) }

    /// The number of levels beside "nothing to compare".
    var levels: Int {
        switch self {
        case .name: 6
        case .given, .surname: 5
        case .birth: 9
        case .sex, .socialCard, .card, .ethnicity, .streetNumber: 2
        case .number: 5
        case .identifier, .guardian, .phone: 3
        case .place, .address1, .address2, .suburb, .postcode: 4
        }
    }
}

extension Slot {
    /// Shares of the levels among strangers, before anything was counted. Worth ``usualPairs`` pairs: only files of a few
    /// dozen records feel it.
    var usual: [Double] {
        switch self {
        case .name: [0, 1e-4, 1e-4, 8e-4, 7e-4, 0.025, 0.9733]
        case .given, .surname: [0, 0.005, 0.01, 0.02, 0.005, 0.96]
        case .birth: [0, 5e-5, 1e-5, 1e-3, 3e-3, 3e-3, 2e-4, 9e-3, 0.34, 0.64374]
        case .sex: [0, 0.5, 0.5]
        case .number: [0, 1e-7, 1e-7, 1e-7, 0.95, 0.05]
        case .identifier: [0, 1e-6, 1e-5, 0.999989]
        case .socialCard, .card: [0, 1e-6, 0.999999]
        case .phone: [0, 1e-5, 1e-6, 0.999989]
        case .place: [0, 3e-5, 0.02, 0.06, 0.91997]
        case .guardian: [0, 1e-5, 1e-4, 0.99989]
        case .ethnicity: [0, 0.9, 0.1]
        case .streetNumber: [0, 0.01, 0.99]
        case .address1, .address2, .suburb, .postcode: [0, 0.003, 0.005, 0.03, 0.962]
        }
    }

    static let usualPairs = 2000.0

    /// The level that says that two records have one value.
    var sameLevel: Int { self == .guardian ? 2 : 1 }
}

/// Levels of the birth date.
enum BirthLevel {
    static let same: UInt64 = 1
    static let monthAndDaySwapped: UInt64 = 2
    /// One digit wrong or two neighbours swapped.
    static let oneDigit: UInt64 = 3
    /// Two of year, month and day are the same.
    static let twoParts: UInt64 = 4
    /// At most 60 days apart: the lunar date (农历) for the solar one.
    static let sixtyDays: UInt64 = 5
    /// The same year, and one date is 1 January, as a known year alone is written.
    static let firstOfJanuary: UInt64 = 6
    static let sameYear: UInt64 = 7
    static let fifteenYears: UInt64 = 8
    static let different: UInt64 = 9

    static func level(_ a: Int32, _ b: Int32) -> UInt64 {
        if a == 0 || b == 0 { return 0 }
        if a == b { return same }
        let (yearA, yearB) = (a / 10_000, b / 10_000)
        let (monthA, monthB) = (a / 100 % 100, b / 100 % 100)
        let (dayA, dayB) = (a % 100, b % 100)
        if yearA == yearB {
            if monthA == dayB, dayA == monthB { return monthAndDaySwapped }
            if a % 10_000 == 101 || b % 10_000 == 101 { return firstOfJanuary }
        }
        if differsInOnePlace(a, b) { return oneDigit }
        if (yearA == yearB ? 1 : 0) + (monthA == monthB ? 1 : 0) + (dayA == dayB ? 1 : 0) == 2 { return twoParts }
        if abs(BirthDate.days(a) - BirthDate.days(b)) <= 60 { return sixtyDays }
        if yearA == yearB { return sameYear }
        return abs(yearA - yearB) < 15 ? fifteenYears : different
    }

    private static func differsInOnePlace(_ a: Int32, _ b: Int32) -> Bool {
        var (a, b) = (a, b)
        var differing = 0
        var first = (a: Int32(0), b: Int32(0), at: 0)
        var second = (a: Int32(0), b: Int32(0), at: 0)
        for at in 0..<8 {
            if a % 10 != b % 10 {
                differing += 1
                if differing == 1 { first = (a % 10, b % 10, at) } else { second = (a % 10, b % 10, at) }
                if differing > 2 { return false }
            }
            a /= 10
            b /= 10
        }
        return differing == 1 || (second.at == first.at + 1 && first.a == second.b && first.b == second.a)
    }
}

/// Levels of the identity number.
enum NumberLevel {
    static let same: UInt64 = 1
    /// Equal, but not a valid resident number.
    static let sameUnproven: UInt64 = 2
    /// One of them is damaged and one slip away from the other.
    static let near: UInt64 = 3
    /// Two valid resident numbers: two persons, unless a reviewer says otherwise.
    static let twoPersons: UInt64 = 4
    static let different: UInt64 = 5
}
