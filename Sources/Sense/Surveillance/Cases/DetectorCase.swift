import Foundation

/// A case of a detector of R's `surveillance`.
struct DetectorCase {
    private let entry: Settings
    private let settings: Settings
    private let algorithm: String

    init(_ entry: Settings) throws(SurveillanceFault) {
        self.entry = entry
        settings = try entry.settings("settings") ?? Settings(values: [:])
        algorithm = try entry.required("algorithm", entry.text("algorithm"))
        try entry.refuseLikenesses(of: [
            "id", "series", "algorithm", "settings", "rangeStart", "rangeEnd", "freq", "dated", "rows", "alarms",
        ])
    }

    func table(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> Table {
        if algorithm == "categoricalCUSUM" { return try categorical(id, inputs) }
        let series = try series(inputs)
        func range(_ first: Int) throws(SurveillanceFault) -> ClosedRange<Int> {
            let start = try entry.integer("rangeStart") ?? first
            let end = try entry.integer("rangeEnd") ?? series.count
            guard start >= 1, end >= start else {
                throw SurveillanceFault(
                    "rangeStart, rangeEnd", "\(start)…\(end) is no range of the \(series.count) periods")
            }
            return start...end
        }
        switch algorithm {
        case "farringtonFlexible":
            let method = try DetectorSettings.farringtonFlexible(settings)
            return Self.table(try method.detect(series, range: range(method.firstIndex(series))))
        case "farrington":
            let method = try DetectorSettings.farrington(settings)
            return Self.table(try method.detect(series, range: range(max(series.frequency * method.b - method.w, 1))))
        case "ears":
            let method = try DetectorSettings.ears(settings)
            return Self.table(try method.detect(series, range: range(method.firstIndex)))
        case "bayes", "bayes1", "bayes2", "bayes3":
            let method = try DetectorSettings.bayes(settings, named: algorithm)
            return Self.table(try method.detect(series, range: range(method.b * series.frequency + method.w + 1)))
        case "rki", "rki1", "rki2", "rki3":
            let method = try DetectorSettings.rki(settings, named: algorithm)
            return Self.table(try method.detect(series, range: range(method.b * series.frequency + method.w + 1)))
        case "cdc":
            let method = try DetectorSettings.cdc(settings)
            return Self.table(try method.detect(series, range: range(method.b * series.frequency + 4 * method.m + 4)))
        case "cusum":
            return Self.table(
                try DetectorSettings.cusum(settings).detect(series, range: range(2 * series.frequency + 1)))
        case "glrnb", "glrpois":
            let method = try DetectorSettings.glr(settings, named: algorithm)
            return Self.table(try method.detect(series, range: range(3 * series.frequency + 1)))
        case "outbreakP": return Self.table(try DetectorSettings.outbreakP(settings).detect(series, range: range(1)))
        default: throw SurveillanceFault("algorithm", "\"\(algorithm)\" is not known here")
        }
    }

    private func series(_ inputs: CaseInputs) throws(SurveillanceFault) -> CountSeries {
        let name = try entry.required("series", entry.text("series"))
        let table = try inputs.table("series/\(name).csv")
        guard let observed = try table.counts("observed") else {
            throw SurveillanceFault("series/\(name).csv", "has no column observed")
        }
        let dates = try entry.flag("dated") ?? (table.cells("date") != nil) ? try table.days("date") : nil
        if try entry.flag("dated") == true, dates == nil {
            throw SurveillanceFault("series/\(name).csv", "has no column date, but the case is dated")
        }
        return CountSeries(
            observed: observed, population: try table.people("population"), dates: dates,
            frequency: try entry.integer("freq", 1...100_000) ?? 52,
            firstPeriod: try table.numbers("period")?.first.flatMap { abs($0) < 1e9 ? Int(exactly: $0) : nil } ?? 1)
    }

    /// The chart's input is a table of its own: `series/<series>.csv`, or `series/<id up to the first __>.csv`.
    private func categorical(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> Table {
        try settings.refuseLikenesses(of: ["h", "ret", "dfun"])
        if let function = try settings.text("dfun"), function != "dbinom", function != "dmultinom" {
            throw SurveillanceFault("dfun", "is \"\(function)\"; dbinom or dmultinom is expected")
        }
        let dataset = id.range(of: "__").map { String(id[..<$0.lowerBound]) } ?? id
        let path = "series/\(try entry.text("series") ?? dataset).csv"
        guard inputs.read(path) != nil else {
            throw SurveillanceFault(
                "series", "\(path) with y1…yk, n, pi0_1…, pi1_1… is not there: the case has no input")
        }
        return try Self.categorical(
            inputs.table(path), h: settings.number("h") ?? 5,
            returned: settings.choice("ret", GLR.Returned.self) ?? .value, start: entry.integer("rangeStart"),
            end: entry.integer("rangeEnd"))
    }

    /// Follows a categorical chart through the rows of a table with the columns `t`, `y1…`, `pi0_1…`, `pi1_1…`. Where the last
    /// category is left out, a column `n` says how many there are in all.
    static func categorical(_ table: Table, h: Double, returned: GLR.Returned, start: Int?, end: Int?)
        throws(SurveillanceFault) -> Table
    {
        func family(_ prefix: String) throws(SurveillanceFault) -> [[Double]] {
            var columns: [[Double]] = []
            while let column = try table.counts("\(prefix)\(columns.count + 1)") { columns.append(column) }
            guard !columns.isEmpty else { throw SurveillanceFault("\(prefix)1", "there is no such column") }
            return columns
        }
        let (y, pi0, pi1) = (try family("y"), try family("pi0_"), try family("pi1_"))
        let totals = try table.counts("n")
        let t = try table.numbers("t") ?? table.rows.indices.map { Double($0 + 1) }
        let kept = t.indices.filter { t[$0] >= Double(start ?? .min) && t[$0] <= Double(end ?? .max) }
        let periods = kept.map { row in
            var period = CategoricalCUSUM.Period(
                counts: y.map { $0[row] }, inControl: pi0.map { $0[row] }, outOfControl: pi1.map { $0[row] })
            if let all = totals?[row] { period.complete(total: all) }
            return period
        }
        let chart = CategoricalCUSUM(h: h)
        let results = try chart.detect(periods)
        if returned == .cases, let other = periods.first(where: { $0.counts.count != 2 }) {
            throw SurveillanceFault("ret", "is cases, which needs two categories; there are \(other.counts.count)")
        }
        func names(_ prefix: String, _ columns: [[Double]]) -> [String] { columns.indices.map { "\(prefix)\($0 + 1)" } }
        return Table(
            columns: ["t"] + names("y", y) + ["n"] + names("pi0_", pi0) + names("pi1_", pi1) + ["statistic", "alarm"],
            rows: zip(zip(kept, periods), results).map { pair, result in
                let (row, period) = pair
                let numbers =
                    [t[row]] + y.map { $0[row] } + [period.counts.reduce(0, +)] + pi0.map { $0[row] }
                    + pi1.map { $0[row] }
                    + [returned == .value ? result.statistic : chart.cases(period, before: result.before)]
                return numbers.map(Table.text) + [result.alarm ? "1" : "0"]
            })
    }
}

extension DetectorCase {
    static func table(_ results: [FarringtonFlexible.Result]) -> Table {
        Table(
            columns: [
                "t", "observed", "expected", "upperbound", "alarm", "score", "pvalue", "mu0", "phi", "trend",
                "trend_coef",
            ],
            rows: results.map { result in
                let detection = result.detection
                return [
                    "\(detection.t)", Table.text(detection.observed), Table.text(detection.expected),
                    Table.text(detection.upperbound), Table.text(detection.alarm), Table.text(result.score),
                    Table.text(result.pvalue), Table.text(result.mu0), Table.text(result.phi), Table.text(result.trend),
                    Table.text(result.trendCoefficient),
                ]
            })
    }

    static func table(_ results: [Farrington.Result]) -> Table {
        Table(
            columns: ["t", "observed", "expected", "upperbound", "alarm", "trend", "quantile_of_observed"],
            rows: results.map { result in
                let detection = result.detection
                return [
                    "\(detection.t)", Table.text(detection.observed), Table.text(detection.expected),
                    Table.text(detection.upperbound), Table.text(detection.alarm), Table.text(result.trend),
                    Table.text(result.quantileOfObserved),
                ]
            })
    }

    static func table(_ results: [Detection]) -> Table {
        Table(
            columns: ["t", "observed", "upperbound", "alarm"],
            rows: results.map {
                ["\($0.t)", Table.text($0.observed), Table.text($0.upperbound), Table.text($0.alarm)]
            })
    }

    static func table(_ results: [CDC.Result]) -> Table {
        Table(
            columns: ["t", "observed", "aggregated", "upperbound", "alarm"],
            rows: results.map { detection, aggregated in
                [
                    "\(detection.t)", Table.text(detection.observed), Table.text(aggregated),
                    Table.text(detection.upperbound), Table.text(detection.alarm),
                ]
            })
    }

    static func table(_ results: [CUSUM.Result]) -> Table {
        Table(
            columns: ["t", "observed", "expected", "cusum", "upperbound", "alarm"],
            rows: results.map { detection, cusum in
                [
                    "\(detection.t)", Table.text(detection.observed), Table.text(detection.expected), Table.text(cusum),
                    Table.text(detection.upperbound), Table.text(detection.alarm),
                ]
            })
    }

    static func table(_ result: GLR.Result) -> Table {
        Table(
            columns: ["t", "observed", "mu0", "upperbound", "alarm"],
            rows: result.detections.map {
                [
                    "\($0.t)", Table.text($0.observed), Table.text($0.expected), Table.text($0.upperbound),
                    Table.text($0.alarm),
                ]
            })
    }
}
