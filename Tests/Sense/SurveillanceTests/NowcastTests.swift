import Calendar
import Surveillance
import Testing

@Suite("Nowcasts")
struct NowcastTests {
    private func day(_ number: Int) -> CivilDay { CivilDay(number: 20_000 + number) }

    /// So many cases on each of 40 days; half of them reported at once, the others evenly within four days.
    private func reports(_ cases: Int) -> [Nowcast.Report] {
        (0..<40).flatMap { event in
            (0..<cases).map { number in
                (self.day(event), self.day(event + (number % 2 == 0 ? 0 : 1 + number / 2 % 4)))
            }
        }
    }

    @Test("a window shorter than the longest delay learns nothing of the delays beyond it", arguments: [1, 3, 7, 14])
    func shortWindow(window: Int) throws {
        let nowcast = Nowcast(longestDelay: 15, movingWindow: window)
        let predictions = try nowcast.predict(reports(40), now: day(39), from: day(0), days: (30...39).map(day))
        #expect(predictions.map(\.reported) == [40, 40, 40, 40, 40, 40, 35, 30, 25, 20])
        #expect(predictions.allSatisfy { $0.median >= $0.reported })
        if window >= 4 { #expect((38...42).contains(try #require(predictions.last).median)) }
    }

    @Test("a day with more cases than R's 300 is told, not taken for one without")
    func busy() throws {
        let predictions = try Nowcast(longestDelay: 5).predict(
            reports(400), now: day(39), from: day(0), days: (36...39).map(day))
        #expect(predictions.map(\.reported) == [350, 300, 250, 200])
        for prediction in predictions {
            #expect((380...420).contains(prediction.median))
            #expect(prediction.interval.contains(prediction.median))
            #expect(prediction.interval.upperBound > prediction.median)
        }
    }

    @Test("a largest count that is given and too small is a fault")
    func tooSmall() {
        #expect(
            throws: SurveillanceFault(
                "N.tInf.max", "is 300, but on \(day(38).isoText) more cases are to be expected")
        ) {
            try Nowcast(longestDelay: 5, largestCount: 300).predict(
                reports(400), now: day(39), from: day(0), days: [day(38)])
        }
    }

    @Test("weeks and months are counted from their first day", arguments: Nowcast.Period.allCases)
    func periods(period: Nowcast.Period) {
        for number in -1000...1000 {
            let first = period.first(number)
            #expect(period.number(of: first) == number)
            #expect(period.number(of: CivilDay(number: first.number - 1)) == number - 1)
            if period == .week { #expect(first.weekday == 0) }
        }
    }

    private static let list: String = {
        var text = "id,dHosp,dReport\n"
        for event in 0..<120 {
            for number in 0..<6 {
                let (first, second) = (CivilDay(number: 20_000 + event), CivilDay(number: 20_000 + event + number * 3))
                text += "\(number),\(first.isoText),\(second.isoText)\n"
            }
        }
        return text
    }()

    @Test("weekly nowcasts count weeks, and give the days that are asked for")
    func weekly() async throws {
        // 2024-12-02 and 2025-01-13 are Mondays.
        let run = try await runCases(
            """
            [{"id": "w", "method": "lawless", "now": "2025-01-13", "D": 3, "aggregate.by": "1 week", "rows": 3},
             {"id": "when", "method": "lawless", "now": "2025-01-13", "D": 3, "aggregate.by": "1 week",
              "when": ["2025-01-06", "2024-12-30"]},
             {"id": "late", "method": "lawless", "now": "2025-01-13", "D": 3, "aggregate.by": "1 week", "when": "2025-01-20"},
             {"id": "tuesday", "method": "lawless", "now": "2025-01-14", "D": 3, "aggregate.by": "1 week"}]
            """, ["x_linelist.csv": Self.list])
        let rows = try Table(csv: try #require(run.files["w.csv"])).rows
        #expect(rows.map { $0[0] } == ["2024-12-23", "2024-12-30", "2025-01-06"])
        // 42 cases a week: of the last one, those with 0 to 12 days, by the day of the week.
        #expect(rows.map { $0[1] } == ["42", "41", "28"])
        #expect(rows.map { $0[2] }.allSatisfy { (36...44).contains(Int($0) ?? 0) }, "\(rows)")
        let asked = try Table(csv: try #require(run.files["when.csv"])).rows
        #expect(asked == Array(rows.dropFirst()))
        #expect(
            run.faults == [
                "late: when: has \"2025-01-20\"; days such as 2025-01-13 and not after it are expected",
                "tuesday: now: 2025-01-14 is not the first day of a week",
            ])
    }

    @Test("of several line lists one has to be named")
    func several() async throws {
        let settings = #""method": "lawless", "now": "2025-01-13", "D": 9"#
        let run = try await runCases(
            #"[{"id": "a", \#(settings)}, {"id": "b", \#(settings), "linelist": "x_linelist.csv"}]"#,
            ["x_linelist.csv": Self.list, "y_linelist.csv": Self.list])
        #expect(run.files.keys.sorted() == ["b.csv"])
        #expect(run.faults == ["a: linelist: is missing, and there are several: x_linelist.csv, y_linelist.csv"])
    }
}
