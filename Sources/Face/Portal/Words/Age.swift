package import Calendar

/// An age as people say it: in days up to a month, in completed months up to three years, then in years (周岁).
///
/// A month is complete on the same day of a later month, or on that month's last day when it is shorter:
/// 31 January + 1 month = 28 or 29 February.
package enum Age: Equatable {
    case days(Int)
    case months(Int)
    case years(Int)

    /// The age on a day; nil before birth.
    package init?(born: CivilDay, on day: CivilDay) {
        guard born <= day else { return nil }
        let months = Self.completedMonths(from: born, to: day)
        if months < 1 {
            self = .days(day.number - born.number)
        } else if months < 36 {
            self = .months(months)
        } else {
            self = .years(months / 12)
        }
    }

    static func completedMonths(from start: CivilDay, to end: CivilDay) -> Int {
        let (startYear, startMonth, startDay) = start.components
        let (endYear, endMonth, endDay) = end.components
        let months = (endYear - startYear) * 12 + endMonth - startMonth
        let due = min(startDay, CivilDay.days(inMonth: endMonth, of: endYear))
        return endDay >= due ? months : months - 1
    }
}

extension Words {
    /// `3 天`, `5 月龄`, `72 岁`.
    func age(_ age: Age) -> String {
        switch age {
        case .days(let days): counted("ageDays", days)
        case .months(let months): counted("ageMonths", months)
        case .years(let years): counted("ageYears", years)
        }
    }
}
