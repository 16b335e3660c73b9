public import Calendar

/// Counts by week of a season, beside the same weeks of the seasons before.
///
/// A season begins on the first of a month and has 52 weeks of seven days; the day or two that are left at its end belong to the
/// 52nd.
public struct Seasons: Sendable, Hashable {
    /// One season.
    public struct Season: Sendable, Hashable {
        /// Its first day.
        public let start: CivilDay
        /// By week; nil for one that is not over yet, or that lies before anything was counted.
        public let weeks: [Int?]

        /// Everything up to a week, the last one included; nil where any of it isn't known.
        public func total(through week: Int) -> Int? {
            let part = weeks.prefix(week + 1)
            return part.contains(nil) ? nil : part.reduce(0) { $0 + ($1 ?? 0) }
        }
    }

    /// Weeks of a season.
    public static let weeksOfSeason = 52
    /// The newest one first.
    public let seasons: [Season]

    /// The last week of the newest season that is over; nil while its first one runs.
    public var lastWeek: Int? { seasons.first?.weeks.lastIndex { $0 != nil } }

    /// The days that are needed.
    public static func days(until day: CivilDay, before: Int, startMonth: Int) -> ClosedRange<CivilDay> {
        start(of: day, startMonth).adding(years: -before)...day
    }

    /// - Parameters:
    ///   - cells: the counts of one condition, source and place in ``days(until:before:startMonth:)``.
    ///   - day: today; its week isn't over.
    ///   - before: how many earlier seasons.
    ///   - startMonth: the month in which seasons begin, 1 to 12.
    public init(_ cells: [EventCounts.Cell], until day: CivilDay, before: Int, startMonth: Int) {
        var byDay: [Int: Int] = [:]
        for cell in cells { byDay[cell.day.number, default: 0] += cell.count }
        let first = byDay.keys.min() ?? .max
        let newest = Self.start(of: day, startMonth)
        seasons = (0...before).map { back in
            let start = newest.adding(years: -back)
            let end = start.adding(years: 1)
            return Season(
                start: start,
                weeks: (0..<Self.weeksOfSeason).map { week in
                    let from = start.number + 7 * week
                    let until = week == Self.weeksOfSeason - 1 ? end.number : from + 7
                    guard from >= first, until <= day.number else { return nil }
                    return (from..<until).reduce(0) { $0 + (byDay[$1] ?? 0) }
                })
        }
    }

    private static func start(of day: CivilDay, _ month: Int) -> CivilDay {
        let parts = day.components
        let year = parts.month >= month ? parts.year : parts.year - 1
        return CivilDay(year: year, month: month, runningOn: 1)
    }
}
