public import Calendar

/// An age or an interval between doses: days and weeks are counted, months and years are the calendar's.
public struct DoseSpan: Sendable, Hashable, CustomStringConvertible {
    /// In what it is counted, as UCUM names it.
    public enum Unit: String, Sendable, CaseIterable {
        /// Days.
        case day = "d"
        /// Weeks.
        case week = "wk"
        /// Months of the calendar.
        case month = "mo"
        /// Years of the calendar.
        case year = "a"
    }

    /// How many; never negative.
    public let count: Int
    /// Of what.
    public let unit: Unit

    /// A span.
    public init(_ count: Int, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// Reads `8 mo`; nil when it is no number, a space and a unit.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[0]), (0..<100_000).contains(count),
            let unit = Unit(rawValue: String(parts[1]))
        else { return nil }
        self.init(count, unit)
    }

    /// `8 mo`
    public var description: String { "\(count) \(unit.rawValue)" }

    /// The day so long after a day. A day that a month lacks becomes its last one.
    public func after(_ day: CivilDay) -> CivilDay {
        switch unit {
        case .day: day.advanced(by: count)
        case .week: day.advanced(by: 7 * count)
        case .month: day.later(months: count)
        case .year: day.later(months: 12 * count)
        }
    }

    /// As an age: `8月龄`, `6岁`, `8 months`.
    public var age: DoseWords {
        switch unit {
        case .day: DoseWords(zh: count == 0 ? "出生" : "\(count)日龄", en: count == 0 ? "birth" : "\(count) days")
        case .week: DoseWords(zh: "\(count)周龄", en: "\(count) weeks")
        case .month: DoseWords(zh: "\(count)月龄", en: count == 1 ? "1 month" : "\(count) months")
        case .year: DoseWords(zh: "\(count)岁", en: count == 1 ? "1 year" : "\(count) years")
        }
    }

    /// As a length: `28天`, `6个月`, `28 days`.
    public var length: DoseWords {
        switch unit {
        case .day: DoseWords(zh: "\(count)天", en: count == 1 ? "1 day" : "\(count) days")
        case .week: DoseWords(zh: "\(count)周", en: count == 1 ? "1 week" : "\(count) weeks")
        case .month: DoseWords(zh: "\(count)个月", en: count == 1 ? "1 month" : "\(count) months")
        case .year: DoseWords(zh: "\(count)年", en: count == 1 ? "1 year" : "\(count) years")
        }
    }
}

/// A text in Chinese and English.
public struct DoseWords: Sendable, Hashable {
    /// Chinese.
    public let zh: String
    /// English.
    public let en: String

    /// A text.
    public init(zh: String, en: String) {
        self.zh = zh
        self.en = en
    }
}
