extension CivilDay {
    /// The day of year, month and day of the month; a day past the end of the month runs into the next one, as `mktime` does.
    public init(year: Int, month: Int, runningOn day: Int) {
        let months = year * 12 + month - 1
        let year = months >= 0 ? months / 12 : (months - 11) / 12
        self.init(number: Self.number(year: year, month: months - year * 12 + 1, day: 1) + day - 1)
    }

    /// The same day of the month so many months later; a day that the month lacks runs into the next one.
    public func adding(months: Int) -> CivilDay {
        let (year, month, day) = components
        return CivilDay(year: year, month: month + months, runningOn: day)
    }

    /// The same day of the year so many years later; 29 February runs into 1 March.
    public func adding(years: Int) -> CivilDay { adding(months: 12 * years) }

    /// 0 for Sunday, 6 for Saturday, as R counts.
    public var weekdayFromSunday: Int { (weekday + 1) % 7 }
}
