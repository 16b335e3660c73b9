extension CivilDay {
    /// The same day of the month so many calendar months later; the month's last day where it is shorter. Who was born on
    /// 29 February so has the birthday on the 28th in common years.
    public func later(months: Int) -> CivilDay {
        let (year, month, day) = components
        let all = year * 12 + month - 1 + months
        let (newYear, newMonth) = (all >= 0 ? all / 12 : (all - 11) / 12, ((all % 12) + 12) % 12 + 1)
        let last = CivilDay.days(inMonth: newMonth, of: newYear)
        return CivilDay(year: newYear, month: newMonth, runningOn: min(day, last))
    }
}
