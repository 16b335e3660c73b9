/// A case of a detector of R's `surveillance`.
struct DetectorCase {
    private let entry: Settings
    private let settings: Settings
    private let algorithm: String

    init(_ entry: Settings) throws(SurveillanceFault) {
        self.entry = entry
        settings = try entry.settings("settings") ?? Settings(values: [:])
        algorithm = try entry.required("algorithm", entry.text("algorithm"))
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
        guard let observed = try table.numbers("observed") else {
            throw SurveillanceFault("series/\(name).csv", "has no column observed")
        }
        let dates = try entry.flag("dated") ?? (table.cells("date") != nil) ? try table.days("date") : nil
        if try entry.flag("dated") == true, dates == nil {
            throw SurveillanceFault("series/\(name).csv", "has no column date, but the case is dated")
        }
        return CountSeries(
            observed: observed, population: try table.numbers("population"), dates: dates,
            frequency: try entry.integer("freq") ?? 52,
            firstPeriod: try table.numbers("period")?.first.flatMap { Int(exactly: $0) } ?? 1)
    }

    /// The chart's input is a table of its own: `series/<series>.csv`, or `series/<id up to the first __>.csv`.
    private func categorical(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> Table {
        let dataset = id.split(separator: "_").first.map(String.init) ?? id
        let path = "series/\(try entry.text("series") ?? dataset).csv"
        guard inputs.read(path) != nil else {
            throw SurveillanceFault(
                "series", "\(path) with y1…yk, n, pi0_1…, pi1_1… is not there: the case has no input")
        }
        return try Self.categorical(
            inputs.table(path), h: settings.number("h") ?? 5, start: entry.integer("rangeStart"),
            end: entry.integer("rangeEnd"))
    }

    /// Follows a categorical chart through the rows of a table with the columns `t`, `y1…`, `pi0_1…`, `pi1_1…`.
    static func categorical(_ table: Table, h: Double, start: Int?, end: Int?) throws(SurveillanceFault) -> Table {
        func family(_ prefix: String) throws(SurveillanceFault) -> [[Double]] {
            var columns: [[Double]] = []
            while let column = try table.numbers("\(prefix)\(columns.count + 1)") { columns.append(column) }
            guard !columns.isEmpty else { throw SurveillanceFault("\(prefix)1", "there is no such column") }
            return columns
        }
        let (y, pi0, pi1) = (try family("y"), try family("pi0_"), try family("pi1_"))
        let t = try table.numbers("t") ?? table.rows.indices.map { Double($0 + 1) }
        let kept = t.indices.filter { t[$0] >= Double(start ?? .min) && t[$0] <= Double(end ?? .max) }
        let periods = kept.map { row in
            CategoricalCUSUM.Period(
                counts: y.map { $0[row] }, inControl: pi0.map { $0[row] }, outOfControl: pi1.map { $0[row] })
        }
        let results = try CategoricalCUSUM(h: h).detect(periods)
        let k = y.count
        let names =
            ["t"] + (1...k).map { "y\($0)" } + ["n"] + (1...k).map { "pi0_\($0)" } + (1...k).map { "pi1_\($0)" }
        return Table(
            columns: names + ["statistic", "alarm"],
            rows: zip(zip(kept, periods), results).map { pair, result in
                let period = pair.1
                let numbers =
                    [t[pair.0]] + period.counts + [period.counts.reduce(0, +)] + period.inControl + period.outOfControl
                    + [result.statistic]
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
