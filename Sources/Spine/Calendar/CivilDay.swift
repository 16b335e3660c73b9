/// A day of the calendar in Asia/Shanghai, as the number of days since 1970-01-01.
///
/// China has one time zone, eight hours ahead of UTC, without summer time since 1991.
public struct CivilDay: Sendable, Hashable, Comparable {
    /// Days since 1970-01-01; negative before.
    public let number: Int

    /// The offset of Asia/Shanghai from UTC, in milliseconds.
    public static let zoneOffsetMilliseconds: Int64 = 8 * 3_600_000

    /// The day with a number.
    /// - Parameter number: days since 1970-01-01.
    public init(number: Int) { self.number = number }

    /// The day in Shanghai at an instant.
    /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        let local = milliseconds + Self.zoneOffsetMilliseconds
        let day: Int64 = 86_400_000
        number = Int(local >= 0 ? local / day : (local - day + 1) / day)
    }

    /// The day of a date of the proleptic Gregorian calendar, nil when there is no such date.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, of: year)
        else { return nil }
        number = Self.number(year: year, month: month, day: day)
    }

    /// The day of a text such as `2026-11-20`; nil when it is anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Year, month (1–12) and day (1–31).
    ///
    /// The days of an era of 400 years are counted from 1 March, so that the leap day comes last.
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

    /// Days since Monday: 0 for Monday, 6 for Sunday.
    public var weekday: Int {
        let shifted = (number + 3) % 7
        return shifted >= 0 ? shifted : shifted + 7
    }

    /// The instant at which the day begins in Shanghai, in milliseconds since 1970 UTC.
    public var startMilliseconds: Int64 { Int64(number) * 86_400_000 - Self.zoneOffsetMilliseconds }

    /// The day as `2026-11-20`.
    public var isoText: String {
        let (year, month, day) = components
        // Years of other than four digits are hardly ever told.
        guard (0...9999).contains(year) else { return "\(year)-\(month / 10)\(month % 10)-\(day / 10)\(day % 10)" }
        return String(unsafeUninitializedCapacity: 10) { text in
            func put(_ place: Int, _ value: Int) {
                text[place] = 0x30 + UInt8(value / 10)
                text[place + 1] = 0x30 + UInt8(value % 10)
            }
            put(0, year / 100)
            put(2, year % 100)
            put(5, month)
            put(8, day)
            (text[4], text[7]) = (UInt8(ascii: "-"), UInt8(ascii: "-"))
            return 10
        }
    }

    /// The day some days later, or earlier when negative.
    public func advanced(by days: Int) -> CivilDay { CivilDay(number: number + days) }

    /// Orders days by time.
    public static func < (left: CivilDay, right: CivilDay) -> Bool { left.number < right.number }

    /// How many days a month of a year has.
    public static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    static func number(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let shiftedMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
