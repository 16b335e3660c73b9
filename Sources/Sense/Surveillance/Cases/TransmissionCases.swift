import Calendar

/// A case of R's EpiEstim.
struct ReproductionNumberCase {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func outputs(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> [CaseOutput] {
        let dataset = try settings.fileName("dataset")
        let method = try settings.required("method", settings.text("method"))
        let path = "incidence/\(dataset).csv"
        let table = try inputs.table(path)
        let all = try table.counts("I")
        let local = try table.counts("local")
        let imported = try table.counts("imported")
        guard let counts = all ?? local, !counts.isEmpty else {
            throw SurveillanceFault(path, "has no rows, or neither a column I nor local and imported")
        }
        guard !(counts + (imported ?? [])).contains(where: \.isNaN) else {
            throw SurveillanceFault(path, "misses a count")
        }
        let interval = try serialInterval(counts.count, inputs)
        let number = ReproductionNumber(local: counts, imported: all == nil ? imported : nil, serialInterval: interval)
        let windows = try windows(counts.count)
        switch method {
        case "wallinga_teunis":
            let means = try number.wallingaTeunis(windows)
            let result = Table(
                columns: ["t_start", "t_end", "mean"],
                rows: zip(windows, means).map { ["\($0.lowerBound)", "\($0.upperBound)", Table.text($1)] })
            return [CaseOutput(name: "\(id).csv", text: result.csv)]
        case "parametric_si", "non_parametric_si":
            let estimates = try number.estimate(
                windows, priorMean: settings.number("mean_prior") ?? 5,
                priorDeviation: settings.number("std_prior") ?? 5)
            let quantiles = ["q025", "q05", "q25", "median", "q75", "q95", "q975"]
            let result = Table(
                columns: ["t_start", "t_end", "mean", "sd"] + quantiles,
                rows: estimates.map { estimate in
                    ["\(estimate.window.lowerBound)", "\(estimate.window.upperBound)"]
                        + ([estimate.mean, estimate.deviation] + estimate.quantiles).map(Table.text)
                })
            var outputs = [CaseOutput(name: "\(id).csv", text: result.csv)]
            if method == "parametric_si" {
                let lambda = Table(
                    columns: ["t", "lambda"],
                    rows: number.infectiousness.enumerated().map { ["\($0 + 1)", Table.text($1)] })
                outputs.append(CaseOutput(name: "\(dataset)__lambda_discr_si.csv", text: lambda.csv))
            }
            return outputs
        default: throw SurveillanceFault("method", "\"\(method)\" is not known here")
        }
    }

    private func serialInterval(_ days: Int, _ inputs: CaseInputs) throws(SurveillanceFault) -> SerialInterval {
        if let path = try settings.text("si"), path.hasSuffix(".csv") {
            guard let weights = try inputs.table(path).numbers("w"), !weights.contains(where: \.isNaN) else {
                throw SurveillanceFault(path, "has no column w, or misses a value")
            }
            return SerialInterval(weights: weights)
        }
        return try SerialInterval(
            mean: settings.required("mean_si", settings.number("mean_si")),
            deviation: settings.required("std_si", settings.number("std_si")), days: days)
    }

    private func windows(_ days: Int) throws(SurveillanceFault) -> [ReproductionNumber.Window] {
        if let starts = try settings.numbers("t_start"), let ends = try settings.numbers("t_end") {
            guard starts.count == ends.count,
                zip(starts, ends).allSatisfy({ 1 <= $0 && $0 <= $1 && $1 <= Double(days) })
            else { throw SurveillanceFault("t_start, t_end", "must be first and last days within 1…\(days)") }
            return zip(starts, ends).map { Int($0)...Int($1) }
        }
        guard let window = try settings.integer("window") else {
            guard days >= 6 else { throw SurveillanceFault("window", "\(days) days are too few for three windows") }
            return ReproductionNumber.thirds(of: days)
        }
        let windows = ReproductionNumber.sliding(window, of: days)
        guard !windows.isEmpty else {
            throw SurveillanceFault("window", "is \(window), but there are only \(days) days")
        }
        return windows
    }
}

/// A case of `surveillance::nowcast`.
struct NowcastCase {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func outputs(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> [CaseOutput] {
        if let method = try settings.text("method"), method != "lawless" {
            throw SurveillanceFault("method", "is \"\(method)\"; of the ways to nowcast only lawless is known here")
        }
        let path = try lineList(inputs)
        let (events, reports) = try columns(inputs.table(path), path)
        let known = zip(events, reports).compactMap { event, report -> Nowcast.Report? in
            guard let event = CivilDay(event), let report = CivilDay(report) else { return nil }
            return (event, report)
        }
        guard !known.isEmpty, let earliest = events.compactMap({ CivilDay($0) }).min() else {
            throw SurveillanceFault(path, "has no case with both days")
        }
        var nowcast = Nowcast(
            longestDelay: try settings.integer("D") ?? 15, movingWindow: try settings.integer("m"),
            alpha: try settings.probability("alpha") ?? 0.05, largestCount: try settings.integer("N.tInf.max"),
            fullVariance: try settings.flag("fullVariance") ?? false)
        nowcast.period = try settings.choice("aggregate.by", Nowcast.Period.self) ?? .day
        let period = nowcast.period
        let now = try settings.required("now", settings.day("now"))
        let predictions = try nowcast.predict(
            known, now: now, from: settings.day("dRangeFrom") ?? period.first(period.number(of: earliest)),
            days: days(before: now, period))
        let result = Table(
            columns: ["date", "reported", "upperbound", "pi_lower", "pi_upper", "pmf_mean", "pmf_median"],
            rows: predictions.map { day in
                [
                    day.day.isoText, "\(day.reported)", "\(day.median)", "\(day.interval.lowerBound)",
                    "\(day.interval.upperBound)", Table.text(day.mean), "\(day.median)",
                ]
            })
        return [CaseOutput(name: "\(id).csv", text: result.csv)]
    }

    private func lineList(_ inputs: CaseInputs) throws(SurveillanceFault) -> String {
        if let path = try settings.text("linelist") { return path }
        let found = inputs.names.filter { $0.hasSuffix("_linelist.csv") }.sorted()
        guard let path = found.first else { throw SurveillanceFault("linelist", "is missing") }
        guard found.count == 1 else {
            throw SurveillanceFault("linelist", "is missing, and there are several: \(found.joined(separator: ", "))")
        }
        return path
    }

    /// The days of event and of report: named by the case, under R's names, or the first column and the second.
    private func columns(_ table: Table, _ path: String) throws(SurveillanceFault) -> ([String], [String]) {
        let others = table.columns.filter { $0 != "id" }
        let report =
            try settings.text("dReportCol") ?? (others.contains("dReport") ? "dReport" : others.dropFirst().first)
        let event =
            try settings.text("dEventCol")
            ?? ["dEvent", "dHospital", "dHosp"].first(where: others.contains) ?? others.first { $0 != report }
        guard let event, let report, let events = table.cells(event), let reports = table.cells(report) else {
            throw SurveillanceFault("dEventCol, dReportCol", "\(path) has no such columns")
        }
        return (events, reports)
    }

    /// The days of `when`, or so many periods before now.
    private func days(before now: CivilDay, _ period: Nowcast.Period) throws(SurveillanceFault) -> [CivilDay] {
        let named: [String]
        switch settings["when"] {
        case nil:
            let count = try settings.integer("rows", 0...100_000) ?? 9
            let end = period.number(of: now)
            return ((end - count)..<end).map(period.first)
        case .list(let list):
            named = list.map { item in
                if case .text(let text) = item { return text }
                return ""
            }
        default: named = [try settings.text("when") ?? ""]
        }
        var days: Set<CivilDay> = []
        for text in named {
            guard let day = CivilDay(text), day <= now else {
                throw SurveillanceFault(
                    "when", "has \"\(text)\"; days such as \(now.isoText) and not after it are expected")
            }
            days.insert(day)
        }
        return days.sorted()
    }
}

/// A case of `surveillance::knox`.
struct KnoxCase {
    private let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func outputs(_ id: String, _ inputs: CaseInputs) throws(SurveillanceFault) -> [CaseOutput] {
        let path = "knox_points_\(try settings.fileName("type")).csv"
        let table = try inputs.table(path)
        guard let x = try table.numbers("x"), let y = try table.numbers("y"), let t = try table.numbers("t") else {
            throw SurveillanceFault(path, "has no columns x, y and t")
        }
        guard !(x + y + t).contains(where: \.isNaN) else { throw SurveillanceFault(path, "misses a value") }
        let result = try Knox.test(
            x.indices.map { Knox.Point(x: x[$0], y: y[$0], t: t[$0]) },
            time: try settings.required("eps_t_days", settings.number("eps_t_days")),
            distance: try settings.required("eps_s_km", settings.number("eps_s_km")),
            permutations: try settings.integer("n_permutations", 0...1_000_000) ?? 999)
        let numbers = [Double(result.statistic), result.expected, result.pairP, result.p].map(JSONText.number)
        let table4 = result.table.map(String.init)
        let csv = Table(
            columns: ["statistic", "expected", "p_value", "p_value_of_cases", "table"],
            rows: [numbers + [table4.joined(separator: "|")]])
        let json = """
            {"id": \(JSONText.quoted(id)), "statistic": \(numbers[0]), "expected": \(numbers[1]), \
            "p_value": \(numbers[2]), "p_value_of_cases": \(numbers[3]), "table": [\(table4.joined(separator: ", "))]}

            """
        return [CaseOutput(name: "\(id).csv", text: csv.csv), CaseOutput(name: "\(id).json", text: json)]
    }
}
