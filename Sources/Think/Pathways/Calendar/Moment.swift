public import Calendar
import FHIR

/// A point in time that something happened at or is due: an instant, and whether no more than its day is known.
public struct Moment: Sendable, Hashable, Comparable {
    /// Milliseconds since 1970 UTC; of a day its beginning in Shanghai.
    public var milliseconds: Int64
    /// Whether only the day is known.
    public var isDay: Bool

    /// An instant.
    public init(milliseconds: Int64, isDay: Bool = false) {
        self.milliseconds = milliseconds
        self.isDay = isDay
    }

    /// A day.
    public init(_ day: CivilDay) { self.init(milliseconds: day.startMilliseconds, isDay: true) }

    /// A FHIR date, dateTime or instant; nil where the text is none. What is coarser than a day is its first day.
    public init?(_ text: String) {
        guard let value = FHIRDateTime(text) else { return nil }
        self.init(milliseconds: value.lowMilliseconds, isDay: value.precision <= .day)
    }

    /// The day in Shanghai.
    public var day: CivilDay { CivilDay(milliseconds: milliseconds) }

    /// `2026-03-02` of a day, else `2026-03-02T09:00:00+08:00`.
    public var text: String { isDay ? day.isoText : instantText }

    /// The instant in Shanghai's zone, to the second: `2026-03-02T09:00:00+08:00`.
    public var instantText: String {
        let day = day
        let rest = Int((milliseconds - day.startMilliseconds) / 1000)
        var text = Array("\(day.isoText)T00:00:00+08:00".utf8)
        for (back, value) in [(14, rest / 3600), (11, rest / 60 % 60), (8, rest % 60)] {
            text[text.count - back] += UInt8(value / 10)
            text[text.count - back + 1] += UInt8(value % 10)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Orders by time.
    public static func < (one: Moment, other: Moment) -> Bool { one.milliseconds < other.milliseconds }

    /// Whether this is later than another: by the day where of one no more is known.
    public func isLater(than other: Moment) -> Bool {
        isDay || other.isDay ? day > other.day : milliseconds > other.milliseconds
    }
}
