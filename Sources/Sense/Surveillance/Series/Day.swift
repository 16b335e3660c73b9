/// A day of the Gregorian calendar, as the number of days since 1970-01-01.
public struct Day: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01; negative before.
    public var number: Int

    /// The day with a number.
    public init(number: Int) { self.number = number }

    /// The day of year, month and day of the month; a day past the end of the month runs into the next one, as `mktime` does.
    public init(year: Int, month: Int, day: Int) {
        let months = year * 12 + month - 1
        let year = months >= 0 ? months / 12 : (months - 11) / 12
        let month = months - year * 12 + 1
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear + day - 1 - 719_468
    }

    /// The day of a text such as `2026-11-20` within the years 1 to 9999; nil when it is anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard components == (year, month, day) else { return nil }
    }

    /// Year, month (1–12) and day (1–31).
    public var components: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// 0 for Sunday, 6 for Saturday.
    public var weekday: Int {
        let rest = (number + 4) % 7
        return rest >= 0 ? rest : rest + 7
    }

    /// The same day of the month so many months later; a day that the month lacks runs into the next one.
    public func adding(months: Int) -> Day {
        let (year, month, day) = components
        return Day(year: year, month: month + months, day: day)
    }

    /// The same day of the year so many years later; 29 February runs into 1 March.
    public func adding(years: Int) -> Day { adding(months: 12 * years) }

    /// Such as `2026-11-20`.
    public var text: String {
        let (year, month, day) = components
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day))"
    }

    /// Earlier is less.
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }
}
