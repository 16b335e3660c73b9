import Calendar

/// A series of counts from a table with `date`, `count` and perhaps `population`, and what a detector says about it.
public struct SeriesQuestion: Sendable {
    private let dates: [CivilDay]
    private let series: CountSeries

    /// Reads a CSV, with the names of its columns in English or Chinese. Days, weeks or months are told from the distance of the dates; periods that are left out count as missing.
    public init(csv text: String) throws(SurveillanceFault) {
        let table = try Table(csv: text)
        guard let dates = try table.days(table.name(of: ["date", "日期"])),
            let counts = try table.counts(table.name(of: ["count", "例数", "病例数", "人数"]))
        else {
            throw SurveillanceFault(
                "header", "the columns date and count (日期, 例数) are needed, population (人口数) may follow")
        }
        guard dates.count >= 2 else { throw SurveillanceFault("date", "at least two rows are needed") }
        let steps = zip(dates.dropFirst(), dates).map { $0.number - $1.number }
        if let index = steps.firstIndex(where: { $0 <= 0 }) {
            throw SurveillanceFault("date", "line \(index + 3): dates must rise from row to row")
        }
        let shortest = steps.min() ?? 1
        let frequency = shortest == 1 ? 365 : shortest == 7 ? 52 : (28...31).contains(shortest) ? 12 : 0
        guard frequency > 0 else {
            throw SurveillanceFault("date", "rows are \(shortest) days apart; days, weeks or months are expected")
        }
        let span = dates[dates.count - 1].number - dates[0].number
        guard span / shortest <= Self.periodsMax else {
            throw SurveillanceFault(
                "date", "\(span / shortest) periods from first to last; \(Self.periodsMax) can be judged")
        }
        let population = try table.people(table.name(of: ["population", "人口数"]))
        var all: [CivilDay] = []
        var observed: [Double] = []
        var people: [Double] = []
        var next = dates[0]
        for (index, date) in dates.enumerated() {
            while next < date {
                all.append(next)
                observed.append(.nan)
                people.append(.nan)
                next = Self.after(dates[0], all.count, frequency)
            }
            guard next == date else {
                throw SurveillanceFault(
                    "date", "line \(index + 2): \(date.isoText) is no whole number of periods after \(dates[0].isoText)"
                )
            }
            all.append(date)
            observed.append(counts[index])
            people.append(population?[index] ?? .nan)
            next = Self.after(dates[0], all.count, frequency)
        }
        self.dates = all
        series = CountSeries(
            observed: observed, population: population == nil ? nil : people, dates: all, frequency: frequency)
    }

    /// Periods of a series, at most.
    private static let periodsMax = 100_000

    private static func after(_ first: CivilDay, _ periods: Int, _ frequency: Int) -> CivilDay {
        frequency == 12
            ? first.adding(months: periods) : CivilDay(number: first.number + periods * (frequency == 52 ? 7 : 1))
    }

    /// The detectors by name, each with what it is.
    public static let algorithms: [(name: String, what: String)] = [
        ("outbreak", "how much better an outbreak explains the last weeks than the season does (the default)"),
        ("onset", "the same for this week alone: sees a start sooner"),
        ("farringtonFlexible", "improved Farrington with R's settings"),
        ("noufaily", "improved Farrington with the settings of Noufaily 2013"),
        ("farrington", "Farrington 1996"), ("C1", "EARS: the last 7 periods"), ("C2", "EARS: two periods between"),
        ("C3", "EARS: the excesses of three periods"), ("bayes1", "Bayes: the last 6 periods"),
        ("bayes2", "Bayes: those and last year"), ("bayes3", "Bayes: the last two years"),
        ("rki1", "RKI: the last 6 periods"), ("rki2", "RKI: those and last year"), ("rki3", "RKI: the last two years"),
        ("cdc", "CDC: four weeks against five years"), ("cusum", "Poisson CUSUM by Rossi"),
        ("glrpois", "likelihood-ratio chart, Poisson"), ("glrnb", "likelihood-ratio chart, negative binomial"),
        ("ewma", "ESSENCE: moving averages, daily"), ("regression", "ESSENCE: regression, daily"),
        ("switch", "ESSENCE: whichever of the two fits, daily"),
    ]

    /// One row for each period that has enough history: date, count, expected, threshold, alarm.
    /// - Parameters:
    ///   - name: one of ``algorithms``.
    ///   - alpha: the probability of a false alarm, where the method has one; its own unless given.
    public func answer(_ name: String, alpha: Double? = nil) throws(SurveillanceFault) -> Table {
        var settings: [String: Setting] = [:]
        if let alpha {
            guard alpha > 0, alpha < 1 else { throw SurveillanceFault("alpha", "is \(alpha), must be within 0 and 1") }
            settings["alpha"] = .number(alpha)
        }
        if let alerts = try daily(name) { return alerts }
        let detections = try detections(name, Settings(values: settings), alpha)
        return Table(
            columns: ["date", "count", "expected", "threshold", "alarm"],
            rows: detections.map {
                [
                    dates[$0.t - 1].isoText, Table.text($0.observed), Table.text($0.expected),
                    Table.text($0.upperbound),
                    Table.text($0.alarm),
                ]
            })
    }

    private func range(_ first: Int) throws(SurveillanceFault) -> ClosedRange<Int> {
        guard first <= series.count else {
            throw SurveillanceFault(
                "date",
                "\(series.count) periods are too few: the first that can be judged is number \(first)"
                    + (first > EARS(.c1).firstIndex ? "; C1 needs the fewest" : "")
            )
        }
        return max(first, 1)...series.count
    }

    private func detections(_ name: String, _ settings: Settings, _ alpha: Double?) throws(SurveillanceFault)
        -> [Detection]
    {
        let year = series.frequency
        switch name {
        case "outbreak", "onset":
            let method = OutbreakLikelihood(
                name == "onset" ? .onset : .course, falseAlarmRate: alpha ?? 0.01, guardBand: year == 12 ? 3 : 26)
            return try method.detect(series, range: range(method.guardBand + max(year, 52) + 1)).map(\.detection)
        case "farringtonFlexible", "noufaily":
            var method = name == "noufaily" ? .noufaily : FarringtonFlexible()
            if let alpha { method.alpha = alpha }
            method.populationOffset = series.population != nil
            let first = method.firstIndex(series) + (year == 52 ? 4 : year == 365 ? 2 : 0)
            return try method.detect(series, range: range(first)).map(\.detection)
        case "farrington":
            let method = try DetectorSettings.farrington(settings)
            return try method.detect(series, range: range(year * method.b + method.w + 1)).map(\.detection)
        case "C1", "C2", "C3":
            let method = EARS(EARS.Method(rawValue: name) ?? .c1, alpha: alpha)
            return try method.detect(series, range: range(method.firstIndex))
        case "bayes1", "bayes2", "bayes3":
            let method = try DetectorSettings.bayes(settings, named: name)
            return try method.detect(series, range: range(method.b * year + method.w + 1))
        case "rki1", "rki2", "rki3":
            let method = try DetectorSettings.rki(settings, named: name)
            return try method.detect(series, range: range(method.b * year + method.w + 1))
        case "cdc":
            guard year == 52 else { throw SurveillanceFault("date", "the CDC's method needs weeks") }
            let method = try DetectorSettings.cdc(settings)
            return try method.detect(series, range: range(method.b * year + 4 * method.m + 4)).map(\.detection)
        case "cusum":
            var method = CUSUM(trans: .rossi)
            method.stepsOverGaps = true
            return try method.detect(series, range: range(2 * year + 1)).map(\.detection)
        case "glrpois", "glrnb":
            return try DetectorSettings.glr(Settings(values: [:]), named: name).detect(
                series, range: range(2 * year + 1)
            )
            .detections
        default:
            let names = Self.algorithms.map(\.name).joined(separator: ", ")
            throw SurveillanceFault("algorithm", "\"\(name)\" is not known; there are \(names)")
        }
    }

    private func daily(_ name: String) throws(SurveillanceFault) -> Table? {
        guard ["ewma", "regression", "switch"].contains(name) else { return nil }
        guard series.frequency == 365 else { throw SurveillanceFault("date", "ESSENCE's detectors need days") }
        let alerts: [DailyAlert]
        switch name {
        case "ewma": alerts = try ESSENCE().ewma(series.observed)
        case "regression": alerts = try ESSENCE().regression(series.observed, dates: dates)
        default: alerts = try ESSENCE().switched(series.observed, dates: dates)
        }
        // A missing day among the judged ones is told, with nothing said about it.
        let start = alerts.firstIndex { $0.level != .grey } ?? alerts.count
        let judged = alerts.indices[start...].filter { alerts[$0].level != .grey || series.observed[$0].isNaN }
        return Table(
            columns: ["date", "count", "expected", "threshold", "alarm"],
            rows: judged.map { day in
                let alert = alerts[day]
                let isAlarm = alert.level == .grey ? nil : alert.level == .red
                return [
                    dates[day].isoText, Table.text(series.observed[day]), Table.text(alert.expected), "",
                    Table.text(isAlarm),
                ]
            })
    }
}
