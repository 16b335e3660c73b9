import Calendar

extension Words {
    /// A day in full: `2026年11月20日` or `20 November 2026`.
    func date(_ day: CivilDay) -> String {
        let (year, month, date) = day.components
        return text("date", ["year": "\(year)", "month": monthName(month), "day": "\(date)"])
    }

    /// A day with its weekday: `2026年11月20日(周五)`.
    func dateWithWeekday(_ day: CivilDay) -> String {
        text("dateWithWeekday", ["date": date(day), "weekday": self["weekday\(day.weekday)"]])
    }

    /// A day without its year: `11月20日`.
    func shortDate(_ day: CivilDay) -> String {
        let (_, month, date) = day.components
        return text("dateShort", ["month": shortMonthName(month), "day": "\(date)"])
    }

    /// A month of a year: `2026年11月`.
    func monthOfYear(_ day: CivilDay) -> String {
        let (year, month, _) = day.components
        return text("monthOfYear", ["year": "\(year)", "month": shortMonthName(month)])
    }

    /// An instant in Shanghai to the minute: `2026年11月20日 08:05`.
    func dateTime(milliseconds: Int64) -> String {
        let day = CivilDay(milliseconds: milliseconds)
        return date(day) + " " + clock(milliseconds: milliseconds)
    }

    /// When a page or a file was made, in words.
    func madeAt(_ milliseconds: Int64) -> String { text("footMadeAt", ["time": dateTime(milliseconds: milliseconds)]) }

    /// The time of day in Shanghai: `08:05`.
    func clock(milliseconds: Int64) -> String {
        let minutes = Int((milliseconds - CivilDay(milliseconds: milliseconds).startMilliseconds) / 60_000)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return two(minutes / 60) + ":" + two(minutes % 60)
    }

    /// A FHIR date or dateTime as people read it, with the precision that it has; the text itself when it is none.
    func fhirDate(_ text: String) -> String {
        let day = text.prefix(10)
        if let civil = CivilDay(day) {
            guard text.utf8.count > 10, text.utf8.count >= 16 else { return date(civil) }
            return localDateTime(text) ?? date(civil)
        }
        let parts = text.split(separator: "-")
        if parts.count == 2, let year = Int(parts[0]), let month = Int(parts[1]),
            let first = CivilDay(year: year, month: month, day: 1)
        {
            return monthOfYear(first)
        }
        return text
    }

    /// Seconds or milliseconds of delay as words: `0.4 秒`, `3 分钟`.
    func delay(seconds: Double) -> String {
        if seconds < 1 { return self["delayNone"] }
        if seconds < 120 { return counted("delaySeconds", Int(seconds)) }
        if seconds < 7200 { return counted("delayMinutes", Int(seconds / 60)) }
        return counted("delayHours", Int(seconds / 3600))
    }

    private func localDateTime(_ text: String) -> String? {
        InstantText.milliseconds(text).map { dateTime(milliseconds: $0) }
    }

    private func monthName(_ month: Int) -> String { language == .zh ? "\(month)" : self["month\(month)"] }
    private func shortMonthName(_ month: Int) -> String {
        language == .zh ? "\(month)" : String(self["month\(month)"].prefix(3))
    }
}
