import Foundation

/// The Poisson CUSUM of Rossi and others (1999), as `surveillance::algo.cusum` computes it. It isn't reset by an alarm.
public struct CUSUM: Sendable {
    /// How counts are made nearly normal.
    public enum Transformation: String, Sendable, CaseIterable {
        /// (x − m) / √m
        case standard
        /// The mean of the standard and of the square-root transformation.
        case rossi
        /// Anscombe residuals.
        case anscombe
        /// Anscombe residuals with the second-order mean of Pierce and Schafer.
        case anscombe2nd
        /// Pearson residuals of the negative binomial.
        case pearsonNegBin
        /// Anscombe residuals of the negative binomial.
        case anscombeNegBin
        /// Counts as they are.
        case none
    }

    /// Where the in-control mean comes from.
    public enum Mean: Sendable, Equatable {
        /// The mean of everything before the range.
        case history
        /// A Poisson regression with one harmonic on everything before the range.
        case glm
        /// Given: one value, or one for each period of the range.
        case given([Double])
    }

    /// The reference value, in standard deviations.
    public var k: Double
    /// The decision boundary, in standard deviations.
    public var h: Double
    /// Where the in-control mean comes from.
    public var m: Mean
    /// How counts are made nearly normal.
    public var trans: Transformation
    /// The dispersion of the negative binomial: variance m + alpha m².
    public var alpha: Double

    /// Whether a missing count leaves the chart as it was. R's chart stays missing ever after, which is followed unless this is set.
    public var stepsOverGaps = false

    /// The chart with its settings.
    public init(
        k: Double = 1.04, h: Double = 2.26, m: Mean = .history, trans: Transformation = .standard, alpha: Double = 0.1
    ) {
        self.k = k
        self.h = h
        self.m = m
        self.trans = trans
        self.alpha = alpha
    }

    /// A detection, whose threshold is the count that would have sounded the alarm, and the chart's value.
    public typealias Result = (detection: Detection, cusum: Double)

    /// Follows the chart through a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Result] {
        try series.check(range, history: 1)
        let means = try means(series, range)
        var value = 0.0
        var results: [Result] = []
        for (t, m) in zip(range, means) {
            let before = value
            let count = series.observed[t - 1]
            if !(stepsOverGaps && count.isNaN) { value = larger(0, value + (standardised(count, m) - k)) }
            var detection = Detection(t, series)
            detection.expected = m
            detection.alarm = value.isNaN || count.isNaN ? nil : value >= h
            let bound = upperbound(m, h + k - before, after: value)
            detection.upperbound = bound > 0 ? bound : 0
            results.append((detection, value))
        }
        return results
    }

    private func means(_ series: CountSeries, _ range: ClosedRange<Int>) throws(SurveillanceFault) -> [Double] {
        let history = series.observed[..<(range.lowerBound - 1)]
        switch m {
        case .history:
            let mean = meanAndDeviation(stepsOverGaps ? history.filter { !$0.isNaN } : Array(history)).mean
            return range.map { _ in mean }
        case .given(let values):
            if values.count == 1 { return range.map { _ in values[0] } }
            guard values.count == range.count else {
                throw SurveillanceFault("m", "has \(values.count) values for \(range.count) periods")
            }
            return values
        case .glm:
            let design = Harmonics(period: series.frequency, count: 1, trend: false)
            let rows = history.indices.filter { !history[$0].isNaN }
            guard
                let model = LogLinearModel(
                    columns: design.columns(rows.map { Double(series.firstPeriod + $0) }),
                    counts: rows.map { history[$0] }, family: .poisson)
            else { throw SurveillanceFault("m", "the history is too short for a model with a season") }
            return range.map { exp(model.predictor(at: design.row(Double(series.firstPeriod + $0 - 1)))) }
        }
    }

    private func standardised(_ x: Double, _ m: Double) -> Double {
        switch trans {
        case .standard: (x - m) / m.squareRoot()
        case .rossi: (x - 3 * m + 2 * (x * m).squareRoot()) / (2 * m.squareRoot())
        case .anscombe: 1.5 * (pow(x, 2 / 3.0) - pow(m, 2 / 3.0)) / pow(m, 1 / 6.0)
        case .anscombe2nd:
            (pow(x, 2 / 3.0) - (pow(m, 2 / 3.0) - pow(m, -1 / 3.0) / 9)) / (2 / 3.0 * pow(m, 1 / 6.0))
        case .pearsonNegBin: (x - m) / (m + alpha * m * m).squareRoot()
        case .anscombeNegBin:
            1.5 * (pow(x, 2 / 3.0) * Self.hypergeometric(alpha * x) - pow(m, 2 / 3.0) * Self.hypergeometric(alpha * m))
                / pow(m + alpha * m * m, 1 / 6.0)
        case .none: x
        }
    }

    /// The count that would have lifted the chart to its boundary, given what was missing before.
    private func upperbound(_ m: Double, _ missing: Double, after value: Double) -> Double {
        let root = m.squareRoot()
        switch trans {
        case .standard: return (root * missing + m).rounded(.up)
        case .rossi:
            return 2 * root * missing + 5 * m - 2 * (4 * m * m + 2 * m * root * missing).squareRoot()
        case .anscombe, .anscombe2nd:
            let center = pow(m, 2 / 3.0) - (trans == .anscombe ? 0 : pow(m, 1 / 3.0) / 9)
            let base = 2 / 3.0 * pow(m, 1 / 6.0) * missing + center
            return base < 0 ? 0 : pow(base, 1.5)
        case .pearsonNegBin: return (m + alpha * m * m).squareRoot() * missing + m
        case .anscombeNegBin, .none: return h - value
        }
    }

    /// ₂F₁(1/3, 2/3; 5/3; −x), by R's rule: at the nearest hundredth up to 10, then between whole numbers on a line.
    private static func hypergeometric(_ x: Double) -> Double {
        if x <= 10 { return exactHypergeometric((x * 100).rounded() / 100) }
        let low = min(x.rounded(.down), 99)
        let (left, right) = (exactHypergeometric(low), exactHypergeometric(low + 1))
        return left + (right - left) * (x - low)
    }

    /// Euler's integral, 2/3 ∫ t^(−1/3) (1 + x t)^(−1/3) dt = ∫ (1 + x s^(3/2))^(−1/3) ds over 0 … 1, by Gauss–Legendre on
    /// s = v² in panels.
    private static func exactHypergeometric(_ x: Double) -> Double {
        let nodes = [
            0.148_874_338_981_631_2, 0.433_395_394_129_247_2, 0.679_409_568_299_024_4, 0.865_063_366_688_984_5,
            0.973_906_528_517_171_7,
        ]
        let weights = [
            0.295_524_224_714_752_9, 0.269_266_719_309_996_4, 0.219_086_362_515_982_0, 0.149_451_349_150_580_6,
            0.066_671_344_308_688_1,
        ]
        var sum = 0.0
        let panels = 16
        for panel in 0..<panels {
            let half = 0.5 / Double(panels)
            let middle = (2 * Double(panel) + 1) * half
            for (node, weight) in zip(nodes, weights) {
                for v in [middle - half * node, middle + half * node] {
                    sum += weight * half * 2 * v * pow(1 + x * v * v * v, -1 / 3.0)
                }
            }
        }
        return sum
    }
}

/// The columns of a seasonal log-linear model: 1, perhaps t, and cosine and sine of each harmonic.
struct Harmonics {
    var period: Int
    var count: Int
    var trend: Bool

    func row(_ t: Double) -> [Double] {
        var row = [1.0]
        if trend { row.append(t) }
        for s in 0..<count {
            let angle = 2 * Double(s + 1) * Double.pi / Double(period) * t
            row += [cos(angle), sin(angle)]
        }
        return row
    }

    func columns(_ times: [Double]) -> [[Double]] {
        let rows = times.map(row)
        return (0..<(1 + (trend ? 1 : 0) + 2 * count)).map { j in rows.map { $0[j] } }
    }
}
