public import Calendar

/// A month of the calendar.
public struct CivilMonth: Sendable, Hashable, Comparable {
    /// Months since January of the year 0.
    public let number: Int

    /// The month of that number.
    public init(number: Int) { self.number = number }

    /// The month of a day.
    public init(_ day: CivilDay) {
        let parts = day.components
        number = parts.year * 12 + parts.month - 1
    }

    /// Reads `2026-11`; nil for anything else, and before 1900 or after 2199.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 7, let day = CivilDay(String(text) + "-01"),
            (1900...2199).contains(day.components.year)
        else { return nil }
        self.init(day)
    }

    /// The year.
    public var year: Int { number / 12 }
    /// From 1.
    public var month: Int { number % 12 + 1 }
    /// Its first day.
    public var first: CivilDay { CivilDay(year: year, month: month, runningOn: 1) }
    /// Its last day.
    public var last: CivilDay { advanced(by: 1).first.advanced(by: -1) }
    /// `2026-11`
    public var isoText: String { "\(year)-\(month < 10 ? "0" : "")\(month)" }
    /// The month so many later.
    public func advanced(by months: Int) -> CivilMonth { CivilMonth(number: number + months) }

    /// Earlier months come first.
    public static func < (one: CivilMonth, other: CivilMonth) -> Bool { one.number < other.number }
}
