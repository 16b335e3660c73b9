/// A date, a date with time, or a time of day, as far as it is known.
public struct FHIRPathTemporal: Sendable {
    /// How far a value is known.
    public enum Precision: UInt8, Sendable, Comparable {
        /// From year to second, which fractions belong to.
        case year, month, day, hour, minute, second

        /// From coarse to fine.
        public static func < (one: Self, other: Self) -> Bool {
            one.rawValue < other.rawValue
        }
    }

    /// The year; 0 of a time of day.
    public var year: Int16 = 0
    /// The month from 1, as far as known.
    public var month: UInt8 = 1
    /// The day from 1, as far as known.
    public var day: UInt8 = 1
    /// The hour, as far as known.
    public var hour: UInt8 = 0
    /// The minute, as far as known.
    public var minute: UInt8 = 0
    /// The second, as far as known.
    public var second: UInt8 = 0
    /// How many digits follow the seconds' point.
    public var fractionDigits: UInt8 = 0
    /// The part of a second in nanoseconds.
    public var nanoseconds: Int32 = 0
    /// How far the value is known.
    public var precision: Precision = .year
    /// Whether the value has a zone.
    public var hasOffset = false
    /// Minutes east of Greenwich, when there is a zone.
    public var offsetMinutes: Int16 = 0
    /// Whether it is a time of day, without a date.
    public var isTimeOfDay = false
    /// Whether a zone of zero was written as `Z`.
    var isZulu = false

    /// Nothing known yet.
    init() {}

    /// A moment, in its zone, to the millisecond.
    init(_ instant: FHIRPathInstant) {
        let local = instant.milliseconds + instant.offsetMinutes * 60_000
        let days = Int((Double(local) / 86_400_000).rounded(.down))
        let rest = local - days * 86_400_000
        setDays(days)
        hour = UInt8(rest / 3_600_000)
        minute = UInt8(rest / 60_000 % 60)
        second = UInt8(rest / 1000 % 60)
        nanoseconds = Int32(rest % 1000) * 1_000_000
        fractionDigits = 3
        precision = .second
        hasOffset = true
        offsetMinutes = Int16(instant.offsetMinutes)
    }

    /// The text as FHIR writes it, without `@`: `2014-01-01T08:05+08:00`, of a time of day `08:05`.
    public var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        func append(_ value: Int, _ digits: Int) {
            var weight = 1
            for _ in 1..<digits { weight *= 10 }
            while weight > 0 {
                bytes.append(UInt8(truncatingIfNeeded: 48 + value / weight % 10))
                weight /= 10
            }
        }
        if !isTimeOfDay {
            append(Int(year), 4)
            if precision >= .month {
                bytes.append(UInt8(ascii: "-"))
                append(Int(month), 2)
            }
            if precision >= .day {
                bytes.append(UInt8(ascii: "-"))
                append(Int(day), 2)
            }
            if precision >= .hour { bytes.append(UInt8(ascii: "T")) }
        }
        if precision >= .hour { append(Int(hour), 2) }
        if precision >= .minute {
            bytes.append(UInt8(ascii: ":"))
            append(Int(minute), 2)
        }
        if precision >= .second {
            bytes.append(UInt8(ascii: ":"))
            append(Int(second), 2)
            if fractionDigits > 0 {
                bytes.append(UInt8(ascii: "."))
                var fraction = Int(nanoseconds)
                for _ in fractionDigits..<9 { fraction /= 10 }
                append(fraction, Int(fractionDigits))
            }
        }
        if hasOffset, precision >= .hour {
            if isZulu {
                bytes.append(UInt8(ascii: "Z"))
            } else {
                bytes.append(UInt8(ascii: offsetMinutes < 0 ? "-" : "+"))
                append(Int(offsetMinutes.magnitude) / 60, 2)
                bytes.append(UInt8(ascii: ":"))
                append(Int(offsetMinutes.magnitude) % 60, 2)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many days the month has.
    static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    var daysSince1970: Int {
        let year = Int(year) - (month <= 2 ? 1 : 0)
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let shifted = (Int(month) + 9) % 12
        let dayOfYear = (153 * shifted + 2) / 5 + Int(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Sets year, month and day from days since 1970-01-01; the inverse of `daysSince1970`.
    mutating func setDays(_ days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = UInt8(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        month = UInt8(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        year = Int16(clamping: yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
    }
}
