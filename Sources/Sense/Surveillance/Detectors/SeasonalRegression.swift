public import Calendar
import Foundation

/// The weekly seasonal regressions of CDC's Rnssp: one harmonic with a period of 52.18 weeks on a baseline, and a limit for
/// every week.
public struct SeasonalRegression: Sendable {
    /// What the model is.
    public enum Model: Sendable, Equatable {
        /// Serfling (1963): least squares on the baseline's weeks of June to September; 90 % prediction interval.
        case serfling
        /// Negative binomial on the whole baseline, perhaps with a trend; quantile 0.95 of the mean's upper 95 % limit.
        case negativeBinomial(trend: Bool)
    }

    /// What the model is.
    public var model: Model
    /// The last day of the baseline.
    public var baselineEnd: CivilDay

    /// A regression.
    public init(_ model: Model, baselineEnd: CivilDay) {
        self.model = model
        self.baselineEnd = baselineEnd
    }

    /// One week.
    public struct Week: Sendable {
        /// The model's mean.
        public var estimate: Double
        /// The largest count that is no alarm.
        public var threshold: Double
        /// Nil where the count is missing.
        public var alarm: Bool?
        /// Whether the week belongs to the baseline.
        public var isBaseline: Bool
        /// Whether the week lies within October to May.
        public var isEpidemicPeriod: Bool
    }

    /// Judges every week.
    public func detect(_ counts: [Double], dates: [CivilDay]) throws(SurveillanceFault) -> [Week] {
        guard dates.count == counts.count else { throw SurveillanceFault("date", "is needed for every count") }
        let isBaseline = dates.map { $0 <= baselineEnd }
        guard isBaseline.filter({ $0 }).count >= 104 else {
            throw SurveillanceFault("baseline_end", "the baseline must have 2 years or more")
        }
        let isEpidemic = dates.map { $0.components.month >= 10 || $0.components.month <= 5 }
        var hasTrend = true
        if case .negativeBinomial(let trend) = model { hasTrend = trend }
        let rows = counts.indices.map { index -> [Double] in
            let angle = 2 * Double.pi * Double(index + 1) / 52.18
            return [1] + (hasTrend ? [Double(index + 1)] : []) + [cos(angle), sin(angle)]
        }
        let training = counts.indices.filter {
            isBaseline[$0] && !counts[$0].isNaN && !(model == .serfling && isEpidemic[$0])
        }
        let columns = rows[0].indices.map { j in training.map { rows[$0][j] } }
        let values = training.map { counts[$0] }
        let df = Double(values.count - columns.count)
        guard df > 0 else { throw SurveillanceFault("baseline_end", "the baseline has too few weeks") }
        let quantile = StudentT.quantile(0.95, df: df)
        let limits: ([Double]) -> (Double, Double)
        switch model {
        case .serfling:
            guard let fit = LeastSquares(columns: columns, weights: nil, response: values) else { throw Self.dependent }
            func mean(_ row: [Double]) -> Double { zip(row, fit.coefficients).reduce(0) { $0 + $1.0 * $1.1 } }
            let squares = training.reduce(0) { $0 + pow(counts[$1] - mean(rows[$1]), 2) }
            limits = { row in
                (mean(row), mean(row) + quantile * (squares / df * (1 + fit.variance(at: row))).squareRoot())
            }
        case .negativeBinomial:
            guard let fit = NegativeBinomialModel(columns: columns, counts: values) else { throw Self.dependent }
            limits = { row in
                let predictor = fit.model.predictor(at: row)
                let upper = exp(predictor + quantile * fit.model.regression.variance(at: row).squareRoot())
                let distribution = CountDistribution.negativeBinomial(
                    size: fit.theta, probability: fit.theta / (fit.theta + upper))
                return (exp(predictor), distribution.quantile(0.95))
            }
        }
        return counts.indices.map { index in
            let (estimate, threshold) = limits(rows[index])
            return Week(
                estimate: estimate, threshold: threshold, alarm: exceeds(counts[index], threshold),
                isBaseline: isBaseline[index], isEpidemicPeriod: isEpidemic[index])
        }
    }

    private static let dependent = SurveillanceFault(
        "date", "the weeks of the baseline don't tell season and trend apart")
}
