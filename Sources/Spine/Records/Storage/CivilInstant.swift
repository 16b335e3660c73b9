/// A moment of the proleptic Gregorian calendar in UTC.
struct CivilInstant {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var millisecond: Int

    /// - Parameter milliseconds: since 1970-01-01 UTC.
    init(_ milliseconds: Int64) {
        let dayMilliseconds: Int64 = 86_400_000
        let days = Int((milliseconds - (milliseconds < 0 ? dayMilliseconds - 1 : 0)) / dayMilliseconds)
        var rest = Int(milliseconds - Int64(days) * dayMilliseconds)
        // Days to a date with the year beginning in March, so that the leap day is the last of the year.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000
        rest %= 3_600_000
        minute = rest / 60_000
        rest %= 60_000
        second = rest / 1000
        millisecond = rest % 1000
    }
}
