public import Calendar

/// A length of time as a rule gives it: three calendar months, five working days, 24 hours.
public struct Span: Sendable, Hashable {
    /// In what it is counted.
    public enum Unit: String, Sendable, CaseIterable {
        /// Seconds.
        case second = "s"
        /// Minutes.
        case minute = "min"
        /// Hours.
        case hour = "h"
        /// Days.
        case day = "d"
        /// Days on which people work (工作日).
        case workday = "{workday}"
        /// Weeks.
        case week = "wk"
        /// Calendar months.
        case month = "mo"
        /// Calendar years.
        case year = "a"

        /// Whether it is counted by the clock and not by the calendar.
        public var isClock: Bool { self == .second || self == .minute || self == .hour }

        /// A UCUM code, or one of FHIRPath's calendar words.
        public init?(code: String) {
            if let unit = Unit(rawValue: code) {
                self = unit
                return
            }
            switch code {
            case "second", "seconds": self = .second
            case "minute", "minutes": self = .minute
            case "hour", "hours": self = .hour
            case "day", "days": self = .day
            case "workday", "workdays", "{workdays}": self = .workday
            case "week", "weeks": self = .week
            case "month", "months", "mo_g", "mo_j": self = .month
            case "year", "years", "a_g", "a_j": self = .year
            default: return nil
            }
        }
    }

    /// How many.
    public var count: Int
    /// Of what.
    public var unit: Unit

    /// A length.
    public init(_ count: Int, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// The moment so much later. Months and years are the calendar's: a day that a month lacks becomes its last one, and who was
    /// born on 29 February has the birthday on the 28th in common years.
    /// - Parameter workdays: which days count as working days.
    public func after(_ moment: Moment, _ workdays: WorkingDays = WorkingDays()) -> Moment {
        switch unit {
        case .second: Moment(milliseconds: moment.milliseconds + Int64(count) * 1000)
        case .minute: Moment(milliseconds: moment.milliseconds + Int64(count) * 60_000)
        case .hour: Moment(milliseconds: moment.milliseconds + Int64(count) * 3_600_000)
        case .day: moment.moved(to: moment.day.advanced(by: count))
        case .week: moment.moved(to: moment.day.advanced(by: 7 * count))
        case .workday: moment.moved(to: workdays.day(count, after: moment.day))
        case .month: moment.moved(to: moment.day.later(months: count))
        case .year: moment.moved(to: moment.day.later(months: 12 * count))
        }
    }

    /// The last millisecond of a limit that began at a moment: “within N days” includes day N; hours run to the minute.
    public func limit(from moment: Moment, _ workdays: WorkingDays = WorkingDays()) -> Int64 {
        let end = after(moment, workdays)
        return unit.isClock ? end.milliseconds : end.day.endMilliseconds
    }

    /// When a window that opens so long after a moment opens: with its day, or to the minute.
    public func opening(from moment: Moment, _ workdays: WorkingDays = WorkingDays()) -> Int64 {
        let start = after(moment, workdays)
        return unit.isClock || count == 0 ? start.milliseconds : start.day.startMilliseconds
    }

    /// `3 mo`.
    public var text: String { "\(count) \(unit.rawValue)" }

    /// `3个月`.
    public var textZh: String {
        switch unit {
        case .second: "\(count)秒"
        case .minute: "\(count)分钟"
        case .hour: "\(count)小时"
        case .day: "\(count)天"
        case .workday: "\(count)个工作日"
        case .week: "\(count)周"
        case .month: "\(count)个月"
        case .year: "\(count)年"
        }
    }
}

extension Moment {
    /// The same time of another day.
    fileprivate func moved(to other: CivilDay) -> Moment {
        Moment(milliseconds: milliseconds + Int64(other.number - day.number) * 86_400_000, isDay: isDay)
    }
}

extension CivilDay {
    /// The last millisecond of the day in Shanghai.
    public var endMilliseconds: Int64 { advanced(by: 1).startMilliseconds - 1 }
}

/// Which days people work: Monday to Friday but for holidays, and the weekends that are worked instead (调休).
public struct WorkingDays: Sendable, Hashable {
    /// Days off beside weekends.
    public var holidays: Set<CivilDay>
    /// Saturdays and Sundays that are worked.
    public var workedWeekends: Set<CivilDay>

    /// A list.
    public init(holidays: Set<CivilDay> = [], workedWeekends: Set<CivilDay> = []) {
        self.holidays = holidays
        self.workedWeekends = workedWeekends
    }

    /// Whether people work on a day.
    public func contains(_ day: CivilDay) -> Bool {
        workedWeekends.contains(day) || (day.weekday < 5 && !holidays.contains(day))
    }

    /// The working day that is so many working days after a day; before it where negative. The day itself isn't counted.
    public func day(_ count: Int, after start: CivilDay) -> CivilDay {
        var (day, left) = (start, count.magnitude)
        while left > 0 {
            day = day.advanced(by: count > 0 ? 1 : -1)
            if contains(day) { left -= 1 }
        }
        return day
    }
}
