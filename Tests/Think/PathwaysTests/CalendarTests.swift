import Calendar
import Pathways
import Testing

@Suite("Lengths of time")
struct CalendarTests {
    @Test(
        "are calendar months that end with the month, and birthdays of 29 February on the 28th in common years",
        arguments: [
            ("2026-01-31", Span(1, .month), "2026-02-28"), ("2024-01-31", Span(1, .month), "2024-02-29"),
            ("2026-08-31", Span(6, .month), "2027-02-28"), ("2024-02-29", Span(1, .year), "2025-02-28"),
            ("2024-02-29", Span(4, .year), "2028-02-29"), ("2026-03-31", Span(-1, .month), "2026-02-28"),
            ("2026-11-30", Span(3, .month), "2027-02-28"), ("2026-03-02", Span(2, .week), "2026-03-16"),
            ("2026-12-31", Span(1, .day), "2027-01-01"), ("1958-03-02", Span(65, .year), "2023-03-02"),
        ])
    func calendar(start: String, span: Span, end: String) throws {
        let day = try #require(CivilDay(start))
        #expect(span.after(Moment(day)).day.isoText == end)
    }

    @Test("“within N days” includes day N, and hours run to the minute")
    func limits() throws {
        let moment = try #require(Moment("2026-03-02T10:30:00+08:00"))
        let end = Span(14, .day).limit(from: moment)
        #expect(Moment(milliseconds: end).instantText == "2026-03-16T23:59:59+08:00")
        #expect(Moment(milliseconds: end + 1).instantText == "2026-03-17T00:00:00+08:00")
        #expect(Moment(milliseconds: Span(24, .hour).limit(from: moment)).instantText == "2026-03-03T10:30:00+08:00")
        #expect(Moment(milliseconds: Span(1, .week).opening(from: moment)).instantText == "2026-03-09T00:00:00+08:00")
    }

    @Test("in working days pass over weekends and holidays, and count the weekends that are worked instead")
    func workingDays() throws {
        let days = WorkingDays(
            holidays: Set((1...7).compactMap { CivilDay("2026-10-0\($0)") }),
            workedWeekends: Set(["2026-10-10"].compactMap { CivilDay($0) }))
        let before = Moment(try #require(CivilDay("2026-09-30")))
        #expect(Span(1, .workday).after(before, days).day.isoText == "2026-10-08")
        #expect(Span(3, .workday).after(before, days).day.isoText == "2026-10-10")
        #expect(Span(4, .workday).after(before, days).day.isoText == "2026-10-12")
        #expect(Span(5, .workday).after(before).day.isoText == "2026-10-07")
        #expect(
            Span(-1, .workday).after(Moment(try #require(CivilDay("2026-10-08"))), days).day.isoText == "2026-09-30")
    }

    @Test("never turn the order of two days round, and end on the same day of the month or its last", arguments: 1...20)
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let one = CivilDay(number: Int.random(in: -20_000...30_000, using: &random))
            let other = one.advanced(by: Int.random(in: 0...800, using: &random))
            let months = Int.random(in: -40...400, using: &random)
            let end = one.later(months: months)
            #expect(end <= other.later(months: months))
            let (was, now) = (one.components, end.components)
            let last = CivilDay.days(inMonth: now.month, of: now.year)
            #expect(now.day == min(was.day, last))
            #expect(now.year * 12 + now.month == was.year * 12 + was.month + months)
        }
    }

    @Test("are read from UCUM and from FHIRPath's words, and others are refused")
    func units() {
        #expect(Span(text: "3 mo") == Span(3, .month))
        #expect(Span(text: "5 {workday}") == Span(5, .workday))
        #expect(Span.Unit(code: "years") == .year)
        #expect(Span(text: "3 parsec") == nil)
        #expect(Span(text: "1.5 d") == nil)
        #expect(Span(text: "soon") == nil)
    }
}

@Suite("Common visits")
struct VisitTests {
    private func window(_ key: String, _ asker: String, _ opens: String, _ due: String, rank: Int = 3) throws
        -> VisitWindow
    {
        VisitWindow(
            key: key, asker: asker, opens: try #require(CivilDay(opens)), due: try #require(CivilDay(due)), rank: rank)
    }

    @Test("serve several programmes on the earliest day on which all may be done")
    func merging() throws {
        let visits = CommonVisit.merging([
            try window("a", "hypertension", "2026-03-01", "2026-06-01"),
            try window("b", "diabetes", "2026-05-20", "2026-06-10"),
            try window("c", "elder", "2026-05-25", "2026-05-31"),
        ])
        #expect(visits.count == 1)
        #expect(visits.first?.day.isoText == "2026-05-25")
        #expect(Set(visits.first?.keys ?? []) == ["a", "b", "c"])
    }

    @Test("keep windows apart that don't meet: the more urgent keeps its own")
    func apart() throws {
        let visits = CommonVisit.merging([
            try window("urgent", "hypertension", "2026-03-01", "2026-03-03", rank: 0),
            try window("late", "diabetes", "2026-03-05", "2026-03-14"),
            try window("other", "elder", "2026-03-06", "2026-03-15"),
        ])
        #expect(visits.map(\.day.isoText) == ["2026-03-06"])
        #expect(visits.map(\.keys) == [["late", "other"]])
    }

    @Test("lie within fourteen days, that day included")
    func near() throws {
        let first = try window("a", "one", "2026-03-01", "2026-06-01")
        #expect(CommonVisit.merging([first, try window("b", "two", "2026-04-01", "2026-06-15")]).count == 1)
        #expect(CommonVisit.merging([first, try window("b", "two", "2026-04-01", "2026-06-16")]).isEmpty)
        #expect(CommonVisit.merging([first, try window("b", "two", "2026-03-15", "2026-12-31")]).count == 1)
    }

    @Test("are none for what one programme alone asks for")
    func alone() throws {
        let same = [
            try window("a", "one", "2026-03-01", "2026-06-01"), try window("b", "one", "2026-03-01", "2026-06-01"),
        ]
        #expect(CommonVisit.merging(same).isEmpty)
    }

    @Test("don't depend on the order in which programmes ask")
    func order() throws {
        let windows = try (0..<6).map { index in
            try window(
                "w\(index)", "p\(index % 3)", "2026-03-0\(index + 1)", "2026-04-1\(index)", rank: index % 2 == 0 ? 3 : 2
            )
        }
        let wanted = Set(CommonVisit.merging(windows).map { Set($0.keys) })
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20 {
            #expect(Set(CommonVisit.merging(windows.shuffled(using: &random)).map { Set($0.keys) }) == wanted)
        }
    }
}
