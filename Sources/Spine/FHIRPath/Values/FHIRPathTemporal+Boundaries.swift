extension FHIRPathTemporal {
    /// How many digits tell the value: 4 of a year, 8 of a date, 17 of a moment to the millisecond; of a time of day 2, 4,
    /// 6 or 9.
    var digits: Int {
        let clock: Int
        switch precision {
        case .year: return 4
        case .month: return 6
        case .day: return 8
        case .hour: clock = 2
        case .minute: clock = 4
        case .second: clock = 6 + Int(fractionDigits)
        }
        return isTimeOfDay ? clock : 8 + clock
    }

    /// The first or the last moment that the value can mean, told with so many digits.
    ///
    /// - Parameters:
    ///   - digits: see `digits`; no others are allowed.
    ///   - isHigh: the last rather than the first.
    ///   - isDate: whether the result is to be a date without a time.
    /// - Returns: nil where the digits aren't allowed.
    func boundary(_ digits: Int, isHigh: Bool, isDate: Bool) -> FHIRPathTemporal? {
        let allowed = isTimeOfDay ? [2, 4, 6, 9] : isDate ? [4, 6, 8] : [4, 6, 8, 10, 12, 14, 17]
        guard allowed.contains(digits) else { return nil }
        var result = self
        // FHIR knows no date with an hour without its minute.
        if precision == .hour, !isTimeOfDay { result.precision = .minute }
        if result.precision < .month { result.month = isHigh ? 12 : 1 }
        if result.precision < .day {
            result.day = isHigh ? UInt8(Self.days(inMonth: Int(result.month), year: Int(year))) : 1
        }
        if result.precision < .hour { result.hour = isHigh ? 23 : 0 }
        if result.precision < .minute { result.minute = isHigh ? 59 : 0 }
        if result.precision < .second { result.second = isHigh ? 59 : 0 }
        if result.precision < .second || fractionDigits < 3 {
            var weight: Int32 = 1_000_000_000
            for _ in 0..<fractionDigits { weight /= 10 }
            let known = nanoseconds / weight * weight
            let rest = isHigh ? (weight - 1) / 1_000_000 * 1_000_000 : 0
            result.nanoseconds = known + rest
        }
        let clock = isTimeOfDay ? digits : digits - 8
        result.fractionDigits = 0
        switch (isTimeOfDay, digits, clock) {
        case (false, 4, _): result.precision = .year
        case (false, 6, _): result.precision = .month
        case (false, 8, _): result.precision = .day
        case (_, _, 2): result.precision = .hour
        case (_, _, 4): result.precision = .minute
        case (_, _, 6): result.precision = .second
        default:
            result.precision = .second
            result.fractionDigits = 3
        }
        if !isTimeOfDay, result.precision >= .hour, !hasOffset {
            // The first moment is where the day begins first on Earth.
            result.hasOffset = true
            result.isZulu = false
            result.offsetMinutes = isHigh ? -720 : 840
        }
        return result
    }
}
