public import Calendar
import Foundation

/// What a daily detector of CDC's NSSP ESSENCE says about one day.
public struct DailyAlert: Sendable {
    /// How unusual the day is.
    public enum Level: String, Sendable {
        /// p < 0.01
        case red
        /// p < 0.05
        case yellow
        /// Nothing unusual.
        case blue
        /// Not enough history.
        case grey

        init(p: Double) { self = p.isNaN ? .grey : p < 0.01 ? .red : p < 0.05 ? .yellow : .blue }
    }

    /// The mean of the baseline, or the forecast of the regression.
    public var expected = Double.nan
    /// Distance from it in standard errors.
    public var statistic = Double.nan
    /// One-sided.
    public var p = Double.nan
    /// The standard error (regression).
    public var sigma = Double.nan
    /// How much of the baseline the regression explains.
    public var adjustedRSquared = Double.nan
    /// How unusual the day is.
    public var level = Level.grey
    /// Which detector spoke (switch).
    public var detector: String?
}

/// The daily detectors of CDC's NSSP ESSENCE, as the functions `alert_ewma`, `alert_regression` and `alert_switch` of its R
/// package Rnssp compute them.
public struct ESSENCE: Sendable {
    /// Days of baseline, at most.
    public var baseline: Int
    /// Days between the baseline and the day that is judged.
    public var guardBand: Int
    /// The smoothing that sees slow rises.
    public var slowWeight: Double
    /// The smoothing that sees sudden ones.
    public var fastWeight: Double

    /// The detectors with their settings.
    public init(baseline: Int = 28, guardBand: Int = 2, slowWeight: Double = 0.4, fastWeight: Double = 0.9) {
        self.baseline = baseline
        self.guardBand = guardBand
        self.slowWeight = slowWeight
        self.fastWeight = fastWeight
    }

    /// The baseline of a day (both from 0): the last days before the guard band, as many as there are.
    private func window(_ day: Int) -> Range<Int> {
        let end = day - guardBand
        return max(0, end - baseline)..<end
    }

    private func check(_ counts: [Double]) throws(SurveillanceFault) {
        guard baseline >= 7 else { throw SurveillanceFault("B", "is \(baseline), at least 7 is needed") }
        guard guardBand >= 0 else { throw SurveillanceFault("g", "is \(guardBand), but can't be negative") }
        guard counts.count >= baseline + guardBand + 1 else {
            throw SurveillanceFault(
                "B", "\(counts.count) days are too few for a baseline of \(baseline) and a guard band")
        }
    }

    /// A baseline with fewer known days says nothing.
    private static let fewestDays = 4

    private static func mean(_ values: some Sequence<Double>) -> Double {
        meanAndDeviation(values.filter { !$0.isNaN }).mean
    }

    private static func rounded(_ quantile: Double) -> Double { (quantile * 1e5).rounded(.toNearestOrEven) / 1e5 }

    /// The exponentially weighted moving averages, each against its baseline; the less likely of the two counts. A missing day
    /// leaves the averages as they were and isn't judged.
    public func ewma(_ counts: [Double]) throws(SurveillanceFault) -> [DailyAlert] {
        try check(counts)
        var y = counts
        if let most = counts.filter({ !$0.isNaN }).max(), most < 1 {
            let positive = counts.filter { $0 > 0 }.sorted()
            let middle = positive.count / 2
            let median =
                positive.isEmpty
                ? 1 : positive.count % 2 == 1 ? positive[middle] : (positive[middle - 1] + positive[middle]) / 2
            y = counts.map { $0 / median }
        }
        var alerts = [DailyAlert](repeating: DailyAlert(), count: y.count)
        guard let first = y.firstIndex(where: { !$0.isNaN }) else { return alerts }
        var averages = (slow: y[first], fast: y[first])
        for day in (first + 1)..<max(y.count, first + 1) where !y[day].isNaN {
            averages.slow = slowWeight * y[day] + (1 - slowWeight) * averages.slow
            averages.fast = fastWeight * y[day] + (1 - fastWeight) * averages.fast
            guard day >= 7 + guardBand else { continue }
            let past = y[window(day)].filter { !$0.isNaN }
            guard past.count >= Self.fewestDays else { continue }
            let length = Double(past.count)
            let (mean, deviation) = meanAndDeviation(past)
            let warning = Self.rounded(StudentT.quantile(0.95, df: length - 1))
            let limit = Self.rounded(StudentT.quantile(0.99, df: length - 1))
            func judge(_ average: inout Double, _ w: Double) -> (statistic: Double, p: Double) {
                let v = 1 - w
                let spread =
                    w / (2 - w) + 1 / length
                    - 2 * pow(v, Double(guardBand + 1)) * ((1 - pow(v, length)) / length)
                let constant = (0.1289 - (0.2414 - 0.1826 * pow(v, 4)) * log(10 * 0.05)) * (w / warning)
                let sigma = larger(w / warning * (0.01 + 0.05 * v * v), deviation * spread.squareRoot() + constant)
                let statistic = (average - mean) / sigma
                if abs(statistic) > limit { average = mean + (statistic > 0 ? limit : -limit) * sigma }
                return (statistic, StudentT.upperTail(statistic, df: length - 1))
            }
            let slow = judge(&averages.slow, slowWeight)
            let fast = judge(&averages.fast, fastWeight)
            let chosen = slow.p < fast.p ? slow : fast
            alerts[day].expected = mean
            alerts[day].statistic = chosen.statistic
            alerts[day].p = chosen.p
            alerts[day].level = .init(p: chosen.p)
        }
        return alerts
    }

    /// Least squares on day number and weekday, forecast past the guard band. Missing days are left out.
    /// - Parameter dates: of the counts, a day apart.
    public func regression(_ counts: [Double], dates: [CivilDay]) throws(SurveillanceFault) -> [DailyAlert] {
        try check(counts)
        guard dates.count == counts.count else { throw SurveillanceFault("date", "is needed for the weekday") }
        guard baseline % 7 == 0 else { throw SurveillanceFault("B", "is \(baseline), must be a multiple of 7") }
        var alerts = [DailyAlert](repeating: DailyAlert(), count: counts.count)
        for day in (11 + guardBand)..<max(counts.count, 11 + guardBand) {
            alerts[day] = alert(counts, dates, day)
        }
        return alerts.indices.map { calmed(alerts, counts, dates, $0) }
    }

    private func alert(_ counts: [Double], _ dates: [CivilDay], _ day: Int) -> DailyAlert {
        let window = window(day)
        let known = window.filter { !counts[$0].isNaN }
        let past = known.map { counts[$0] }
        let length = Double(past.count)
        let df = length - 8
        func row(_ number: Double, _ date: CivilDay) -> [Double] {
            [1, number] + (1...6).map { date.weekdayFromSunday == $0 ? 1 : 0 }
        }
        let rows = known.map { row(Double($0 - window.lowerBound + 1), dates[$0]) }
        var alert = DailyAlert()
        guard df > 0,
            let fit = LeastSquares(columns: (0..<8).map { j in rows.map { $0[j] } }, weights: nil, response: past)
        else { return alert }
        func value(_ row: [Double]) -> Double { zip(row, fit.coefficients).reduce(0) { $0 + $1.0 * $1.1 } }
        let fitted = rows.map(value)
        let center = meanAndDeviation(fitted).mean
        let residual = zip(past, fitted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let explained = fitted.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        let share = explained / (residual + explained)
        let adjusted = 1 - (1 - share) * ((length - 1) / df)
        alert.adjustedRSquared = adjusted.isNaN ? 0 : adjusted
        let inflation = ((length + 7) * (length - 4) / (length * (length - 7))).squareRoot()
        let least = 0.01 / Self.rounded(StudentT.quantile(0.95, df: df))
        alert.sigma = larger((residual / df).squareRoot() * inflation, least)
        alert.expected = larger(0, value(row(Double(window.count + guardBand + 1), dates[day])))
        alert.statistic = (counts[day] - alert.expected) / alert.sigma
        alert.p = StudentT.upperTail(alert.statistic, df: df)
        alert.level = .init(p: alert.p)
        return alert
    }

    /// An alert is called off where the count lies below its own trailing mean of 7 days, at the weekend only if also below the
    /// mean of the last 7 same weekdays. Rnssp does so with grey days as well.
    private func calmed(_ alerts: [DailyAlert], _ counts: [Double], _ dates: [CivilDay], _ day: Int) -> DailyAlert {
        var alert = alerts[day]
        guard alert.level != .blue, day >= 6 else { return alert }
        guard counts[day] < Self.mean(counts[(day - 6)...day]) else { return alert }
        if dates[day].weekdayFromSunday == 0 || dates[day].weekdayFromSunday == 6 {
            let same = stride(from: day, through: 0, by: -7).prefix(7).map { counts[$0] }
            guard same.count == 7, counts[day] < Self.mean(same) else { return alert }
        }
        alert.level = .blue
        return alert
    }

    /// The regression where it explains at least 0.6 of the baseline, the moving averages elsewhere.
    public func switched(_ counts: [Double], dates: [CivilDay]) throws(SurveillanceFault) -> [DailyAlert] {
        let averages = try ewma(counts)
        let regressions = try regression(counts, dates: dates)
        return zip(averages, regressions).map { average, regression in
            let isRegression = regression.adjustedRSquared >= 0.60
            var alert = isRegression ? regression : average
            if alert.level != .grey { alert.detector = isRegression ? "Adaptive Multiple Regression" : "EWMA" }
            return alert
        }
    }
}
