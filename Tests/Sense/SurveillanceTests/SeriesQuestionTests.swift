import Calendar
import Surveillance
import Testing

@Suite("A person's series")
struct SeriesQuestionTests {
    /// Six years of weeks with a season, and forty cases in the last week.
    private static let weeks =
        "date,count\n"
        + (0..<312).map { (week: Int) -> String in
            let season = week % 52 < 10 ? 3 : 0
            let count = week == 311 ? 40 : 2 + week * 37 % 7 + season
            return "\(CivilDay(number: 18_000 + 7 * week).isoText),\(count)\n"
        }.joined()

    private static let weekly = [
        "outbreak", "onset", "farringtonFlexible", "noufaily", "farrington", "C1", "C2", "bayes1", "bayes2", "bayes3",
        "rki1",
        "rki2", "rki3", "cusum", "glrpois", "glrnb",
    ]

    @Test("every weekly detector sees forty cases", arguments: weekly)
    func sees(name: String) throws {
        let last = try #require(try SeriesQuestion(csv: Self.weeks).answer(name).rows.last)
        #expect(last[1] == "40")
        #expect(last[4] == "1", "\(last)")
        if let threshold = Double(last[3]), !name.hasPrefix("glr") { #expect(threshold < 40) }
    }

    @Test("the threshold is the last count without an alarm", arguments: ["outbreak", "onset"])
    func threshold(name: String) throws {
        let last = try #require(try SeriesQuestion(csv: Self.weeks).answer(name).rows.last)
        let threshold = try #require(Int(last[3]))
        func alarm(_ count: Int) throws -> String? {
            let text = Self.weeks.replacing(",40\n", with: ",\(count)\n")
            return try SeriesQuestion(csv: text).answer(name).rows.last?[4]
        }
        #expect(try alarm(threshold) == "0")
        #expect(try alarm(threshold + 1) == "1")
    }

    @Test("a week that is left out counts as missing")
    func gap() throws {
        let lines = Self.weeks.split(separator: "\n")
        let gapped = (lines[..<200] + lines[201...]).joined(separator: "\n")
        let rows = try SeriesQuestion(csv: gapped).answer("C1").rows
        #expect(rows.filter { $0[1].isEmpty }.count == 1)
        #expect(rows.filter { $0[4].isEmpty }.count == 8)
    }

    @Test("reads the columns in Chinese, and days as spreadsheets write them")
    func spreadsheet() throws {
        let text =
            "日期,人数,人口数\r\n"
            + (1...28).map { "2026/1/\($0),\($0 == 28 ? 40 : 3 + $0 % 3),1000\r\n" }.joined()
        let last = try #require(try SeriesQuestion(csv: text).answer("C1").rows.last)
        #expect(last[0] == "2026-01-28" && last[1] == "40" && last[4] == "1")
        for wrong in ["2026/13/1", "26/1/5", "2026/1/", "2026/1/5/6"] {
            #expect(throws: SurveillanceFault.self, "\(wrong)") {
                try SeriesQuestion(csv: "date,count\n\(wrong),3\n2026-01-12,4\n")
            }
        }
    }

    /// 120 days, of which one is left out, with thirty cases on the last.
    private static let days =
        "date,count\n"
        + (0..<120).filter { $0 != 80 }.map { (day: Int) -> String in
            "\(CivilDay(number: 20_000 + day).isoText),\(day == 119 ? 30 : 3 + day * 31 % 5)\n"
        }.joined()

    @Test("a missing day is told, and the days after it are judged", arguments: ["ewma", "regression", "switch"])
    func missingDay(name: String) throws {
        let rows = try SeriesQuestion(csv: Self.days).answer(name).rows
        let gap = try #require(rows.firstIndex { $0[0] == CivilDay(number: 20_080).isoText })
        #expect(rows[gap][1].isEmpty && rows[gap][4].isEmpty)
        #expect(rows.count - gap == 40)
        #expect(rows[(gap + 1)...].allSatisfy { $0[4] == "0" || $0[4] == "1" })
        #expect(rows.last?[4] == "1")
    }

    @Test("a missing week leaves the chart as it was")
    func missingWeek() throws {
        let lines = Self.weeks.split(separator: "\n")
        let gapped = (lines[..<50] + lines[51..<200] + lines[201...]).joined(separator: "\n")
        let rows = try SeriesQuestion(csv: gapped).answer("cusum").rows
        #expect(rows.filter { $0[4].isEmpty }.count == 1)
        #expect(rows.last?[4] == "1")
    }

    @Test(
        "what is wrong with a file is told",
        arguments: [
            (
                "day,count\n2026-01-01,2\n",
                "header: the columns date and count (日期, 例数) are needed, population (人口数) may follow"
            ),
            ("date,count\n2026-01-01,2\n", "date: at least two rows are needed"),
            ("date,count\n2026-01-02,2\n2026-01-01,2\n", "date: line 3: dates must rise from row to row"),
            (
                "date,count\n2026-01-02,2\n2026-01-32,2\n",
                "date: line 3 has \"2026-01-32\", a day such as 2026-11-20 is expected"
            ),
            (
                "date,count\n2026-01-02,2\n2026-01-05,2\n",
                "date: rows are 3 days apart; days, weeks or months are expected"
            ),
            ("date,count\n2026-01-02,2\n2026-01-03,-1\n", "count: line 3 has -1, which can't be negative"),
            ("date,count\n2026-01-02,2\n2026-01-03,inf\n", "count: line 3 has \"inf\", a number is expected"),
            ("date,count\n2026-01-02,2\n2026-01-03,1e300\n", "count: line 3 has 1e+300, which is above 1000000000"),
            (
                "date,count\n2026-01-02,2\n2026-04-03,2\n",
                "date: rows are 91 days apart; days, weeks or months are expected"
            ),
            (
                "date,count\n0001-01-01,2\n0001-01-02,2\n9999-01-03,2\n",
                "date: 3651696 periods from first to last; 100000 can be judged"
            ),
        ])
    func faults(text: String, fault: String) {
        do {
            _ = try SeriesQuestion(csv: text)
            Issue.record("was taken")
        } catch { #expect("\(error)" == fault) }
    }

    @Test("an unknown detector and too short a history are told")
    func unknown() throws {
        let question = try SeriesQuestion(csv: "date,count\n2026-01-01,2\n2026-02-01,3\n")
        #expect(throws: SurveillanceFault.self) { try question.answer("magic") }
        #expect(throws: SurveillanceFault("date", "2 periods are too few: the first that can be judged is number 8")) {
            try question.answer("C1")
        }
    }
}
