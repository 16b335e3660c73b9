import Calendar

/// Where the same time of earlier years lies in a series.
struct ReferenceCalendar {
    private let series: CountSeries
    private let indexOfDay: [Int: Int]
    private let spacing: Double

    init(_ series: CountSeries) {
        self.series = series
        let dates = series.dates ?? []
        indexOfDay = Dictionary(dates.enumerated().map { ($1.number, $0 + 1) }, uniquingKeysWith: { first, _ in first })
        spacing = dates.count > 1 ? Double(dates[1].number - dates[0].number) : 1
    }

    /// Time of an index (from 0): the index itself (from 1), or for dated series the periods since the index `first`.
    func time(_ index: Int, from first: Int) -> Double {
        guard let dates = series.dates else { return Double(index + 1) }
        return Double(dates[index].number - dates[first].number) / spacing
    }

    /// Index k and the same time 1 … years before, as `farringtonFlexible` finds them; indices from 1.
    func references(_ k: Int, years: Int) throws(SurveillanceFault) -> [Int] {
        var references: [Int] = [k]
        for year in 1...years {
            let index: Int?
            if let dates = series.dates {
                var day = dates[k - 1].adding(years: -year)
                if series.frequency == 52 { day = Self.nearest(day, weekday: dates[k - 1].weekdayFromSunday) }
                index = indexOfDay[day.number]
            } else {
                index = k - year * series.frequency
            }
            guard let index, index >= 1 else {
                throw SurveillanceFault("b", "is \(years), but index \(k) has no reference period \(year) years before")
            }
            references.append(index)
        }
        return references
    }

    /// The day of the same weekday in the same week (Sunday first), or the other neighbour where that is closer.
    private static func nearest(_ day: CivilDay, weekday: Int) -> CivilDay {
        let same = day.number - (day.weekdayFromSunday - weekday)
        let other = same > day.number ? same - 7 : same + 7
        return CivilDay(number: abs(same - day.number) > abs(other - day.number) ? other : same)
    }

    /// The windows of the 1996 method: `w` periods on each side of the same time of the `b` years before, as far as the series
    /// has them; indices from 1.
    func windows(_ k: Int, years: Int, w: Int) -> [Int] {
        // Further back lies nothing of the series.
        let years = min(years, (series.count + w) / series.frequency + 2)
        guard let dates = series.dates else {
            return (1...years).reversed().flatMap { year in
                let center = k - year * series.frequency
                return ((center - w)...(center + w)).filter { $0 >= 1 && $0 <= series.count }
            }
        }
        let today = dates[k - 1]
        return (1...years).flatMap { year in
            let center = today.adding(years: -year)
            return (-w...w).compactMap { step -> Int? in
                var day: CivilDay
                switch series.frequency {
                case 12:
                    day = center.adding(months: step)
                    day = day.advanced(by: today.components.day - day.components.day)
                case 52:
                    day = CivilDay(number: center.number + 7 * step)
                    let forward = (today.weekdayFromSunday - day.weekdayFromSunday + 7) % 7
                    let backward = (day.weekdayFromSunday - today.weekdayFromSunday + 7) % 7
                    day = day.advanced(by: forward < backward ? forward : -backward)
                default: day = CivilDay(number: center.number + step)
                }
                return indexOfDay[day.number]
            }
        }
    }
}
