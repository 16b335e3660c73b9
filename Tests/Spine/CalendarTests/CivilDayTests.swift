import Calendar
import Testing

@Suite("A day of the calendar in Shanghai")
struct CivilDayTests {
    @Test(
        "has the number of days since 1970",
        arguments: [("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-20", 20_777)])
    func numbers(text: String, number: Int) throws {
        #expect(try #require(CivilDay(text)).number == number)
        #expect(CivilDay(number: number).isoText == text)
    }

    @Test("is the same after a round trip, from 1600 to 2400")
    func roundTrip() {
        for number in stride(from: -135_000, through: 157_000, by: 1) {
            let (year, month, day) = CivilDay(number: number).components
            #expect(CivilDay(year: year, month: month, day: day)?.number == number)
        }
    }

    @Test(
        "is nothing for a date that is not in the calendar",
        arguments: [
            "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "20261120", "2026-1-2", "", "2026-11-20T00:00",
        ])
    func refused(text: String) { #expect(CivilDay(text) == nil) }

    @Test("begins at 16:00 UTC of the day before")
    func zone() throws {
        let day = try #require(CivilDay("2026-11-20"))
        #expect(CivilDay(milliseconds: day.startMilliseconds) == day)
        #expect(CivilDay(milliseconds: day.startMilliseconds - 1) == day.advanced(by: -1))
        #expect(day.startMilliseconds == 1_795_104_000_000)
        #expect(day.weekday == 4)
    }

    @Test("29 February a year before is 1 March, and a month after 31 January runs into March")
    func months() throws {
        #expect(try #require(CivilDay("2024-02-29")).adding(years: -1).isoText == "2023-03-01")
        #expect(try #require(CivilDay("2025-01-31")).adding(months: 1).isoText == "2025-03-03")
        #expect(CivilDay(year: 2026, month: 13, runningOn: 32).isoText == "2027-02-01")
    }

    @Test("22 November 2026 is a Sunday")
    func sunday() throws { #expect(try #require(CivilDay("2026-11-22")).weekdayFromSunday == 0) }
}
