/// A calendar day as a count of days since 1970-01-01, in the proleptic Gregorian calendar.
///
/// All of the simulation's dates are such counts; nothing reads a clock. The conversions follow the well-known
/// era arithmetic (400 years are 146,097 days), so they need neither tables nor a time-zone database.
package struct CivilDay: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01.
    package var number: Int

    package init(_ number: Int) { self.number = number }

    /// The day of a year, month and day of month; the caller makes sure that such a day exists.
    package init(year: Int, month: Int, day: Int) {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = era * 146_097 + dayOfEra - 719_468
    }

    /// Reads `yyyy-MM-dd`; nil when the text has another shape or names a day that does not exist.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == 0x2D, bytes[7] == 0x2D else { return nil }
        func digits(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard let year = digits(0..<4), let month = digits(5..<7), let day = digits(8..<10),
            month >= 1, month <= 12, day >= 1, day <= CivilDay.daysIn(month: month, of: year)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month (1–12) and day of the month (1–31).
    package var civil: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    /// Monday is 0, Sunday is 6.
    package var weekday: Int { (((number + 3) % 7) + 7) % 7 }

    /// 1 January is 0; 31 December is 364, or 365 in a leap year.
    package var dayOfYear: Int { number - CivilDay(year: civil.year, month: 1, day: 1).number }

    /// The same day of the month so many months later, or the last day of that month when there is no such day.
    package func adding(months: Int) -> CivilDay {
        let (year, month, day) = civil
        let total = year * 12 + (month - 1) + months
        let newYear = total >= 0 ? total / 12 : (total - 11) / 12
        let newMonth = total - newYear * 12 + 1
        return CivilDay(
            year: newYear, month: newMonth, day: min(day, CivilDay.daysIn(month: newMonth, of: newYear)))
    }

    package func adding(days: Int) -> CivilDay { CivilDay(number + days) }

    /// The day itself, or one of the first four working days of the next week when it falls on a weekend.
    package var orNextWorkday: CivilDay {
        weekday < 5 ? self : CivilDay(number + 7 - weekday + ((number % 28) + 28) % 28 / 7)
    }

    /// Whole years completed on `day` by someone born on this day.
    ///
    /// Someone born on 29 February completes a year on 1 March of a common year.
    package func age(on day: CivilDay) -> Int {
        let born = civil
        let now = day.civil
        return now.year - born.year - ((now.month, now.day) < (born.month, born.day) ? 1 : 0)
    }

    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    package static func daysIn(month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func < (one: CivilDay, other: CivilDay) -> Bool { one.number < other.number }
    package static func - (one: CivilDay, other: CivilDay) -> Int { one.number - other.number }
}
