/// Birth dates as numbers yyyymmdd, kept as written even where no such day exists; 0 is none.
enum BirthDate {
    /// Reads 1986-02-11, 1986/2/11, 19860211, 1986年2月11日 and 1986-02-11T….
    static func read(_ scalars: [UInt32]) -> Int32 {
        var groups: [(value: Int32, digits: Int)] = []
        var inGroup = false
        for scalar in scalars {
            guard (0x30...0x39).contains(scalar) else {
                if scalar == 0x74 || scalar == 0x3A { break }
                inGroup = false
                continue
            }
            if !inGroup { groups.append((0, 0)) }
            inGroup = true
            if groups[groups.count - 1].digits < 8 {
                groups[groups.count - 1].value = groups[groups.count - 1].value * 10 + Int32(scalar - 0x30)
                groups[groups.count - 1].digits += 1
            }
        }
        guard let first = groups.first else { return 0 }
        if first.digits == 8 { return first.value }
        guard groups.count >= 3 else { return 0 }
        let value =
            first.digits == 4
            ? first.value * 10_000 + groups[1].value * 100 + groups[2].value
            : groups[2].digits == 4 ? groups[2].value * 10_000 + groups[1].value * 100 + first.value : 0
        return groups[1].value < 100 && value < 30_000_000 ? value : 0
    }

    static func isReal(_ date: Int32) -> Bool {
        let (year, month, day) = (date / 10_000, date / 100 % 100, date % 100)
        guard (1...12).contains(month), day >= 1 else { return false }
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days: [Int32] = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= days[Int(month) - 1]
    }

    /// Days since 1 March of year 0, good for differences.
    static func days(_ date: Int32) -> Int32 {
        var (year, month) = (date / 10_000, date / 100 % 100)
        if month <= 2 {
            year -= 1
            month += 12
        }
        return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + date % 100
    }
}
