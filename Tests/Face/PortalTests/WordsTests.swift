import Calendar
import Portal
import Testing

@Suite("Ages and masks")
struct WordsTests {
    @Test(
        "an age is told in days, then months, then years",
        arguments: [
            ("2026-11-17", "2026-11-20", Age.days(3)), ("2026-11-20", "2026-11-20", .days(0)),
            ("2026-10-20", "2026-11-20", .months(1)), ("2026-10-21", "2026-11-20", .days(30)),
            ("2026-06-10", "2026-11-20", .months(5)), ("2023-11-21", "2026-11-20", .months(35)),
            ("2023-11-20", "2026-11-20", .years(3)), ("1954-11-21", "2026-11-20", .years(71)),
            ("1954-11-20", "2026-11-20", .years(72)), ("2026-01-31", "2026-02-28", .months(1)),
            ("2024-02-29", "2027-02-28", .years(3)),
        ])
    func ages(born: String, on: String, age: Age) throws {
        #expect(Age(born: try #require(CivilDay(born)), on: try #require(CivilDay(on))) == age)
    }

    @Test("nobody has an age before birth")
    func unborn() throws {
        let day = try #require(CivilDay("2026-11-20"))
        #expect(Age(born: day.advanced(by: 1), on: day) == nil)
    }

    @Test("numbers keep enough to tell people apart and no more")
    func masks() {
        #expect(Masking.idNumber("33010219540309002X") == "3301**********002X")
        #expect(Masking.phone("13812345678") == "138****5678")
        #expect(Masking.phone("110") == "***")
    }
}
