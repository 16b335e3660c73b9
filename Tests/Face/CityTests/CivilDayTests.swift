import City
import Testing

@Suite("A civil day")
struct CivilDayTests {
    @Test("goes from date to count and back for every day of three centuries")
    func roundTrip() {
        var expected = CivilDay(year: 1850, month: 1, day: 1).number
        for year in 1850...2150 {
            for month in 1...12 {
                for day in 1...CivilDay.daysIn(month: month, of: year) {
                    let civil = CivilDay(year: year, month: month, day: day)
                    #expect(civil.number == expected)
                    #expect(civil.civil == (year, month, day))
                    expected += 1
                }
            }
        }
    }

    @Test("knows its weekday", arguments: [("1970-01-01", 3), ("2026-11-21", 5), ("2000-02-29", 1), ("1949-10-01", 5)])
    func weekday(text: String, weekday: Int) throws {
        #expect(try #require(CivilDay(text)).weekday == weekday)
    }

    @Test(
        "is not made from days that do not exist",
        arguments: ["2025-02-29", "1900-02-29", "2026-13-01", "2026-04-31", "26-01-01"])
    func refused(text: String) {
        #expect(CivilDay(text) == nil)
    }

    @Test(
        "adds months and stays within the month",
        arguments: [
            ("2024-01-31", 1, "2024-02-29"), ("2025-01-31", 1, "2025-02-28"), ("2024-02-29", 12, "2025-02-28"),
            ("2024-11-30", 3, "2025-02-28"), ("2024-03-15", -3, "2023-12-15"),
        ])
    func months(from: String, months: Int, to: String) throws {
        #expect(try #require(CivilDay(from)).adding(months: months) == CivilDay(to))
    }

    @Test("gives a leapling a birthday on 1 March of a common year")
    func leapling() throws {
        let born = try #require(CivilDay("1988-02-29"))
        #expect(born.age(on: try #require(CivilDay("2026-02-28"))) == 37)
        #expect(born.age(on: try #require(CivilDay("2026-03-01"))) == 38)
        #expect(born.age(on: try #require(CivilDay("2024-02-29"))) == 36)
    }

    @Test("finds a working day not long after a weekend")
    func workdays() {
        for number in 20_000..<20_100 {
            let day = CivilDay(number).orNextWorkday
            #expect(day.weekday < 5)
            #expect((0...6).contains(day.number - number))
        }
    }
}
