import Calendar

/// A case of a detector of CDC's Rnssp.
struct ESSENCECase {
    static let algorithms: Set<String> = ["ewma", "regression", "switch", "serfling", "nbinom", "nbinom_notime"]
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func table(_ inputs: CaseInputs) throws(SurveillanceFault) -> Table {
        let name = try settings.required("series", settings.text("series"))
        let input = try inputs.table("series/\(name).csv")
        guard let counts = try input.counts("count"), let dates = try input.days("date"), !counts.isEmpty else {
            throw SurveillanceFault("series/\(name).csv", "has no rows, or no columns date and count")
        }
        let algorithm = try settings.required("algorithm", settings.text("algorithm"))
        let rows = zip(dates, counts).map { [$0.isoText, Table.text($1)] }
        switch algorithm {
        case "ewma", "regression", "switch": return try daily(algorithm, counts, dates, rows)
        default: return try weekly(algorithm, counts, dates, rows)
        }
    }

    private func daily(_ algorithm: String, _ counts: [Double], _ dates: [CivilDay], _ rows: [[String]])
        throws(SurveillanceFault) -> Table
    {
        let detectors = ESSENCE(
            baseline: try settings.integer("B", 0...10_000) ?? 28,
            guardBand: try settings.integer("g", 0...10_000) ?? 2,
            slowWeight: try settings.number("w1") ?? 0.4, fastWeight: try settings.number("w2") ?? 0.9)
        let alerts: [DailyAlert]
        switch algorithm {
        case "ewma": alerts = try detectors.ewma(counts)
        case "regression": alerts = try detectors.regression(counts, dates: dates)
        default: alerts = try detectors.switched(counts, dates: dates)
        }
        let more = algorithm == "regression" ? ["sigma", "adjusted_r_squared"] : []
        let last = algorithm == "switch" ? ["detector"] : []
        return Table(
            columns: ["date", "count", "baseline_expected", "test_statistic", "p.value"] + more + ["alert"] + last,
            rows: zip(rows, alerts).map { row, alert in
                row + [Table.text(alert.expected), Table.text(alert.statistic), Table.text(alert.p)]
                    + (more.isEmpty ? [] : [Table.text(alert.sigma), Table.text(alert.adjustedRSquared)])
                    + [alert.level.rawValue] + (last.isEmpty ? [] : [alert.detector ?? ""])
            })
    }

    private func weekly(_ algorithm: String, _ counts: [Double], _ dates: [CivilDay], _ rows: [[String]])
        throws(SurveillanceFault) -> Table
    {
        let end = try settings.required("baseline_end", settings.day("baseline_end"))
        let isSerfling = algorithm == "serfling"
        let hasTrend = algorithm == "nbinom"
        let weeks = try SeasonalRegression(
            isSerfling ? .serfling : .negativeBinomial(trend: hasTrend), baselineEnd: end
        )
        .detect(counts, dates: dates)
        func logical(_ flag: Bool) -> String { flag ? "TRUE" : "FALSE" }
        return Table(
            columns: isSerfling
                ? ["date", "count", "t", "y", "estimate", "threshold", "split", "epidemic_period", "alarm"]
                : ["date", "count", "split", "estimate", "threshold", "alarm", "time_term"],
            rows: zip(rows, weeks).map { row, week in
                let split = week.isBaseline ? "Baseline Period" : "Prediction Period"
                let (estimate, threshold) = (Table.text(week.estimate), Table.text(week.threshold))
                let alarm = Table.text(week.alarm)
                return isSerfling
                    ? row + row + [estimate, threshold, split, logical(week.isEpidemicPeriod), alarm]
                    : row + [split, estimate, threshold, alarm, logical(hasTrend)]
            })
    }
}
