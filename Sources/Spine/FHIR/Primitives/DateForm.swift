/// A date or dateTime as written, the form checked but not the calendar.
struct DateForm {
    var year = 0
    /// 1 to 12; 0 when not written.
    var month = 0
    /// 1 to 31; 0 when not written.
    var day = 0
    var clock: ClockForm?
    /// Minutes east of UTC; nil when no zone is written.
    var zoneMinutes: Int?

    /// Reads a year, a month, a day, or a day with a time to the minute at least and perhaps a zone; nil for anything
    /// else.
    ///
    /// It is a little wider than FHIR's dateTime, which wants seconds and zone, because searches may leave them out.
    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        let count = text.count
        guard count >= 4 else { return nil }
        let century = Self.twoDigits(text, 0)
        let rest = Self.twoDigits(text, 2)
        guard century >= 0, rest >= 0, century + rest > 0 else { return nil }
        year = century * 100 + rest
        if count == 4 { return }
        guard count >= 7, text[4] == UInt8(ascii: "-") else { return nil }
        month = Self.twoDigits(text, 5)
        guard month >= 1, month <= 12 else { return nil }
        if count == 7 { return }
        guard count >= 10, text[7] == UInt8(ascii: "-") else { return nil }
        day = Self.twoDigits(text, 8)
        guard day >= 1, day <= 31 else { return nil }
        if count == 10 { return }
        guard text[10] == UInt8(ascii: "T") else { return nil }
        var clock = ClockForm()
        let end = clock.read(text, from: 11)
        guard end >= 0 else { return nil }
        self.clock = clock
        if end == count { return }
        if text[end] == UInt8(ascii: "Z") {
            guard count == end + 1 else { return nil }
            zoneMinutes = 0
            return
        }
        guard count == end + 6, text[end] == UInt8(ascii: "+") || text[end] == UInt8(ascii: "-"),
            text[end + 3] == UInt8(ascii: ":")
        else { return nil }
        let hours = Self.twoDigits(text, end + 1)
        let minutes = Self.twoDigits(text, end + 4)
        guard hours >= 0, minutes >= 0, hours <= 13 && minutes <= 59 || hours == 14 && minutes == 0 else { return nil }
        let offset = hours * 60 + minutes
        zoneMinutes = text[end] == UInt8(ascii: "-") ? -offset : offset
    }

    /// The number in two digits, or -1.
    @inline(__always)
    static func twoDigits(_ text: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        let tens = text[at] &- UInt8(ascii: "0")
        let ones = text[at + 1] &- UInt8(ascii: "0")
        guard tens < 10, ones < 10 else { return -1 }
        return Int(tens) * 10 + Int(ones)
    }

    /// FHIR's form of a date.
    var isDate: Bool {
        clock == nil
    }

    /// FHIR's form of a dateTime.
    var isDateTime: Bool {
        guard let clock else { return true }
        return clock.hasSeconds && zoneMinutes != nil
    }

    /// FHIR's form of an instant.
    var isInstant: Bool {
        clock?.hasSeconds == true && zoneMinutes != nil
    }

    /// Whether the calendar has the day.
    var isReal: Bool {
        day <= 28 || day <= Self.days(in: month, of: year)
    }

    /// Days of a month in the Gregorian calendar.
    static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
