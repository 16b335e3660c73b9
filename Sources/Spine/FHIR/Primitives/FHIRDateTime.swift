/// A date, dateTime or instant as the span of time that it stands for.
///
/// `2026-11` stands for all of November; `2026-11-21T08:00:00+08:00` for one second. Two values are equal when text
/// of the same precision stands for the same span.
public struct FHIRDateTime: Sendable, Hashable {
    /// How much of the value is written.
    public enum Precision: Int, Sendable, Comparable {
        /// A year.
        case year
        /// A month.
        case month
        /// A day.
        case day
        /// A minute; FHIR allows it in searches only.
        case minute
        /// A second.
        case second
        /// A fraction of a second.
        case fraction

        /// Coarser precisions come first.
        public static func < (one: Self, other: Self) -> Bool {
            one.rawValue < other.rawValue
        }
    }

    /// The first millisecond of the span, since 1970-01-01T00:00:00Z.
    public let lowMilliseconds: Int64
    /// The last millisecond of the span, since 1970-01-01T00:00:00Z.
    public let highMilliseconds: Int64
    /// How much of the value is written.
    public let precision: Precision
    /// The zone that is written, in minutes east of UTC; nil when none is, and for dates.
    public let zoneOffsetMinutes: Int?

    /// Reads FHIR's form; a time may also lack its seconds or its zone, as in searches.
    ///
    /// - Parameters:
    ///   - text: `2026`, `2026-11`, `2026-11-21`, `2026-11-21T08:00:00.5+08:00`.
    ///   - zoneOffsetMinutes: the zone of values that name none, in minutes east of UTC; China's unless said otherwise.
    /// - Returns: nil when the form is wrong or the calendar has no such day.
    public init?(_ text: String, zoneOffsetMinutes: Int = 480) {
        var text = text
        guard let value = text.withUTF8({ Self(utf8: $0, zoneOffsetMinutes: zoneOffsetMinutes) }) else { return nil }
        self = value
    }

    /// As `init(_:zoneOffsetMinutes:)`, from UTF-8.
    public init?(utf8 text: UnsafeBufferPointer<UInt8>, zoneOffsetMinutes: Int = 480) {
        guard let form = DateForm(text), form.isReal else { return nil }
        let zone = form.zoneMinutes ?? zoneOffsetMinutes
        var low = Self.daysSince1970(form.year, max(form.month, 1), max(form.day, 1)) * 86_400_000 - zone * 60_000
        let span: Int
        if let clock = form.clock {
            low += (clock.hour * 3600 + clock.minute * 60 + clock.second) * 1000 + clock.milliseconds
            precision = clock.fractionDigits > 0 ? .fraction : clock.hasSeconds ? .second : .minute
            switch clock.fractionDigits {
            case 0: span = clock.hasSeconds ? 1000 : 60_000
            case 1: span = 100
            case 2: span = 10
            default: span = 1
            }
        } else if form.day > 0 {
            precision = .day
            span = 86_400_000
        } else if form.month > 0 {
            precision = .month
            span = DateForm.days(in: form.month, of: form.year) * 86_400_000
        } else {
            precision = .year
            span = (DateForm.days(in: 2, of: form.year) + 337) * 86_400_000
        }
        lowMilliseconds = Int64(low)
        highMilliseconds = Int64(low + span - 1)
        self.zoneOffsetMinutes = form.zoneMinutes
    }

    /// Days from 1970-01-01 in the Gregorian calendar, extended to earlier times.
    ///
    /// Years are taken to begin in March, so that the leap day is the last; a month then begins at day (153·m + 2) / 5.
    static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// An instant in FHIR's form, to the millisecond and in UTC: `2026-11-21T13:41:00.123Z`.
///
/// - Parameter milliseconds: since 1970-01-01T00:00:00Z; years 1 to 9999 have FHIR's form.
public func isoInstant(_ milliseconds: Int64) -> String {
    let days = Int((milliseconds >= 0 ? milliseconds : milliseconds - 86_399_999) / 86_400_000)
    let rest = Int(milliseconds) - days * 86_400_000
    // The inverse of `daysSince1970`.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    func append(_ value: Int, digits: Int, _ separator: Unicode.Scalar) {
        var weight = 1
        for _ in 1..<digits { weight *= 10 }
        while weight > 0 {
            text.append(UInt8(truncatingIfNeeded: 48 + value / weight % 10))
            weight /= 10
        }
        text.append(UInt8(ascii: separator))
    }
    append(year, digits: 4, "-")
    append(month, digits: 2, "-")
    append(day, digits: 2, "T")
    append(rest / 3_600_000, digits: 2, ":")
    append(rest / 60_000 % 60, digits: 2, ":")
    append(rest / 1000 % 60, digits: 2, ".")
    append(rest % 1000, digits: 3, "Z")
    return String(decoding: text, as: UTF8.self)
}
