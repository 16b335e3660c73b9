extension FHIRPathTemporal {
    /// A unit of the calendar.
    enum Unit: String {
        case year, month, week, day, hour, minute, second, millisecond

        /// Whether a name is a calendar word, in the singular or plural.
        static func isWord(_ name: String) -> Bool {
            Unit(rawValue: name.hasSuffix("s") ? String(name.dropLast()) : name) != nil
        }

        /// - Parameter name: a calendar word, or the UCUM code of a duration that doesn't depend on the calendar.
        init?(_ name: String) {
            switch name {
            case "year", "years": self = .year
            case "month", "months": self = .month
            case "week", "weeks", "wk": self = .week
            case "day", "days", "d": self = .day
            case "hour", "hours", "h": self = .hour
            case "minute", "minutes", "min": self = .minute
            case "second", "seconds", "s": self = .second
            case "millisecond", "milliseconds", "ms": self = .millisecond
            default: return nil
            }
        }
    }

    /// The value so many units later; where it isn't known to that unit, by as many of its own units as are full.
    ///
    /// - Returns: nil where the result leaves the years 1 to 9999.
    func adding(_ amount: Int, _ unit: Unit) -> FHIRPathTemporal? {
        guard amount.magnitude < (unit == .millisecond ? 1 << 53 : 1 << 40) else { return nil }
        var (amount, unit) = (amount, unit)
        if !isTimeOfDay {
            if unit == .week { (amount, unit) = (amount * 7, .day) }
            // To the value's own unit.
            while unit.finest.rawValue > precision.rawValue {
                switch unit {
                case .millisecond: (amount, unit) = (amount / 1000, .second)
                case .second: (amount, unit) = (amount / 60, .minute)
                case .minute: (amount, unit) = (amount / 60, .hour)
                case .hour: (amount, unit) = (amount / 24, .day)
                case .day, .week:
                    (amount, unit) = precision == .year ? (amount / 365, .year) : (amount / 30, .month)
                case .month: (amount, unit) = (amount / 12, .year)
                case .year: return nil
                }
            }
        }
        var result = self
        switch unit {
        case .year, .month:
            guard !isTimeOfDay else { return nil }
            let months = (Int(year) * 12 + Int(month) - 1) + (unit == .year ? amount * 12 : amount)
            guard months >= 12, months < 120_000 else { return nil }
            result.year = Int16(months / 12)
            result.month = UInt8(months % 12 + 1)
            result.day = min(day, UInt8(Self.days(inMonth: Int(result.month), year: Int(result.year))))
        case .week, .day:
            return result.shift(days: unit == .week ? amount * 7 : amount)
        case .hour: return result.shift(milliseconds: amount * 3_600_000)
        case .minute: return result.shift(milliseconds: amount * 60_000)
        case .second: return result.shift(milliseconds: amount * 1000)
        case .millisecond:
            if result.fractionDigits < 3, amount % 1000 != 0 { result.fractionDigits = 3 }
            return result.shift(milliseconds: amount)
        }
        return result
    }

    private mutating func shift(days: Int) -> FHIRPathTemporal? {
        guard !isTimeOfDay else { return self }
        let day = daysSince1970 + days
        guard day >= -719_162, day < 2_932_897 else { return nil }
        setDays(day)
        return self
    }

    private mutating func shift(milliseconds: Int) -> FHIRPathTemporal? {
        let own = (Int(hour) * 3600 + Int(minute) * 60 + Int(second)) * 1000 + Int(nanoseconds) / 1_000_000
        let total = own + milliseconds
        var days = total / 86_400_000
        var rest = total % 86_400_000
        if rest < 0 {
            rest += 86_400_000
            days -= 1
        }
        nanoseconds = Int32(rest % 1000) * 1_000_000 + nanoseconds % 1_000_000
        second = UInt8(rest / 1000 % 60)
        minute = UInt8(rest / 60_000 % 60)
        hour = UInt8(rest / 3_600_000)
        return shift(days: days)
    }
}

extension FHIRPathTemporal.Unit {
    /// The precision that a value must have for the unit to be added as it is.
    var finest: FHIRPathTemporal.Precision {
        switch self {
        case .year: .year
        case .month: .month
        case .week, .day: .day
        case .hour: .hour
        case .minute: .minute
        case .second, .millisecond: .second
        }
    }
}
