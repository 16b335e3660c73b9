import Surveillance
import Testing

@Suite("Detectors")
struct DetectorTests {
    /// Eight years of weeks with a season, and more cases in the last week.
    private func weeks(last: Double = 6) -> CountSeries {
        var counts = (0..<416).map { (week: Int) -> Double in
            let season = week % 52 < 10 ? 3 : 0
            return Double(2 + week * 37 % 7 + season)
        }
        counts[415] = last
        return CountSeries(observed: counts)
    }

    @Test("a missing current count sounds no alarm", arguments: [FarringtonFlexible(), .noufaily])
    func missing(method: FarringtonFlexible) throws {
        let result = try method.detect(weeks(last: .nan), range: 416...416)[0]
        #expect(result.detection.alarm == false)
        #expect(result.detection.upperbound.isNaN)
        #expect(result.pvalue.isNaN)
        #expect(result.phi >= 1)
    }

    @Test("forty cases where six are expected are an alarm for everybody")
    func outbreak() throws {
        let series = weeks(last: 40)
        let range = 416...416
        #expect(try FarringtonFlexible().detect(series, range: range)[0].detection.alarm == true)
        #expect(try FarringtonFlexible.noufaily.detect(series, range: range)[0].detection.alarm == true)
        #expect(try Farrington().detect(series, range: range)[0].detection.alarm == true)
        for method in EARS.Method.allCases where method != .c3 {
            #expect(try EARS(method).detect(series, range: range)[0].alarm == true)
        }
        #expect(try Bayes().detect(series, range: range)[0].alarm == true)
        #expect(try RKI().detect(series, range: range)[0].alarm == true)
        #expect(try CUSUM().detect(series, range: range)[0].detection.alarm == true)
        #expect(try GLR().detect(series, range: range).detections[0].alarm == true)
    }

    @Test("working weights give other errors than R's, where there was an outbreak")
    func corrected() throws {
        var series = weeks(last: 9)
        series.observed[415 - 52] = 60
        var method = FarringtonFlexible()
        let followed = try method.detect(series, range: 416...416)[0]
        method.correctedErrors = true
        let corrected = try method.detect(series, range: 416...416)[0]
        #expect(followed.detection.expected == corrected.detection.expected)
        #expect(followed.detection.upperbound != corrected.detection.upperbound)
    }

    @Test("no history is a fault that names the setting")
    func history() {
        #expect(throws: SurveillanceFault("rangeStart", "is 3, but 7 earlier periods are needed")) {
            try EARS(.c1).detect(weeks(), range: 3...10)
        }
        #expect(throws: SurveillanceFault("rangeEnd", "is 500, but the series has 416 periods")) {
            try Bayes().detect(weeks(), range: 400...500)
        }
        #expect(throws: SurveillanceFault.self) { try FarringtonFlexible().detect(weeks(), range: 200...200) }
    }

    @Test("a missing count in the window silences EARS, and Bayes goes on without it")
    func gaps() throws {
        var series = weeks()
        series.observed[412] = .nan
        #expect(try EARS(.c1).detect(series, range: 416...416)[0].alarm == nil)
        #expect(try Bayes().detect(series, range: 416...416)[0].alarm == false)
    }

    @Test("the charts of likelihood ratios refuse a gap")
    func chartGap() {
        var series = weeks()
        series.observed[400] = .nan
        #expect(throws: SurveillanceFault.self) { try GLR().detect(series, range: 390...416) }
    }

    @Test("more cases never lower the statistic of a GLR chart", arguments: [0, 0.2])
    func monotone(alpha: Double) throws {
        var chart = GLR()
        chart.alpha = alpha
        chart.threshold = 1e9
        var before = -1.0
        for last in [2, 8, 15, 30] {
            let result = try chart.detect(weeks(last: Double(last)), range: 410...416)
            let value = result.detections[6].upperbound
            #expect(value >= before)
            before = value
        }
    }

    @Test(
        "the cases that a chart asks for sound the alarm, one fewer don't", arguments: [0, 0.2], [GLR.Change.intercept])
    func needed(alpha: Double, change: GLR.Change) throws {
        var chart = GLR()
        chart.alpha = alpha
        chart.change = change
        chart.returned = .cases
        let last = try chart.detect(weeks(), range: 410...416).detections[6].upperbound
        #expect(try chart.detect(weeks(last: last), range: 410...416).detections[6].alarm == true)
        #expect(try chart.detect(weeks(last: last - 1), range: 410...416).detections[6].alarm == false)
    }
}

@Suite("A chart of categories")
struct CategoricalChartTests {
    /// Ten periods of forty, of which ever more fall into the first category.
    private static let rows = (1...10).map { "\($0),\(8 + $0),\(32 - $0),40,0.2,0.8,0.3,0.7" }

    private func run(_ settings: String, input: String) async throws -> Table {
        let run = try await runCases(
            #"[{"id": "a_b__c", "algorithm": "categoricalCUSUM", "settings": \#(settings)}]"#,
            ["series/a_b.csv": input])
        return try Table(csv: try #require(run.files["a_b__c.csv"], "\(run.faults)"))
    }

    private static let both = "t,y1,y2,n,pi0_1,pi0_2,pi1_1,pi1_2\n" + rows.joined(separator: "\n")

    @Test("a last category that is left out follows from the total")
    func leftOut() async throws {
        let one = Self.rows.map { (row: String) -> String in
            let cells = row.split(separator: ",")
            return [0, 1, 3, 4, 6].map { cells[$0] }.joined(separator: ",")
        }
        let whole = try await run(#"{"h": 2}"#, input: Self.both)
        let part = try await run(
            #"{"h": 2, "dfun": "dbinom"}"#, input: "t,y1,n,pi0_1,pi1_1\n" + one.joined(separator: "\n"))
        #expect(part.columns == ["t", "y1", "n", "pi0_1", "pi1_1", "statistic", "alarm"])
        #expect(part.rows.map { $0[6] } == whole.rows.map { $0[9] })
        for (a, b) in zip(part.rows, whole.rows) {
            #expect(abs(try #require(Double(a[5])) - (try #require(Double(b[8])))) < 1e-9)
        }
    }

    @Test("the cases that it asks for sound the alarm, one fewer don't")
    func cases() async throws {
        let needed = try await run(#"{"h": 2, "ret": "cases"}"#, input: Self.both)
        #expect(needed.rows.contains { $0[9] == "1" })
        for row in needed.rows {
            let count = try #require(Double(row[8]))
            #expect((try #require(Double(row[1])) >= count) == (row[9] == "1"))
        }
    }
}
