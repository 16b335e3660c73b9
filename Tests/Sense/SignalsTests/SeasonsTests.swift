import Calendar
import Signals
import Testing

@Suite("This season beside those before")
struct SeasonsTests {
    private func cell(_ day: String, _ count: Int) throws -> EventCounts.Cell {
        EventCounts.Cell(
            condition: 1, source: .diagnosis, district: 330_106, age: .from25to64, day: try #require(CivilDay(day)),
            count: count)
    }

    @Test("weeks run from the season's first day, the last one takes what is left, and the running one isn't told")
    func weeks() throws {
        let day = try #require(CivilDay("2026-11-21"))
        let seasons = Seasons(
            [
                try cell("2025-01-01", 1), try cell("2025-01-07", 2), try cell("2025-01-08", 4),
                try cell("2025-12-31", 8),
                try cell("2026-01-01", 16), try cell("2026-11-18", 32), try cell("2026-11-17", 64),
            ], until: day, before: 2, startMonth: 1)
        #expect(seasons.seasons.map(\.start.isoText) == ["2026-01-01", "2025-01-01", "2024-01-01"])
        let (now, last) = (seasons.seasons[0], seasons.seasons[1])
        #expect(last.weeks[0] == 3 && last.weeks[1] == 4 && last.weeks[51] == 8 && last.weeks.count == 52)
        // 2026-11-19 begins week 47 (from 0: 46), which runs; the one before it ended on the 18th.
        #expect(now.weeks[0] == 16 && seasons.lastWeek == 45 && now.weeks[45] == 96 && now.weeks[46] == nil)
        #expect(now.total(through: 45) == 112 && now.total(through: 46) == nil)
        // Before anything was counted nothing is known, which is not the same as none.
        #expect(seasons.seasons[2].weeks.allSatisfy { $0 == nil })
    }

    @Test(
        "a season that begins in July runs over the new year",
        arguments: [("2026-11-21", "2026-07-01"), ("2026-06-30", "2025-07-01"), ("2026-07-01", "2026-07-01")])
    func july(day: String, start: String) throws {
        let day = try #require(CivilDay(day))
        let seasons = Seasons([], until: day, before: 5, startMonth: 7)
        #expect(seasons.seasons.first?.start.isoText == start && seasons.seasons.count == 6 && seasons.lastWeek == nil)
        #expect(Seasons.days(until: day, before: 5, startMonth: 7).lowerBound == seasons.seasons.last?.start)
    }
}
