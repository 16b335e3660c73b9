import Foundation

/// Likelihood-ratio charts for Poisson and negative binomial counts with a seasonal in-control mean (Höhle and Paul 2008), as
/// R's `surveillance::algo.glrnb` computes them. The chart starts anew after an alarm.
public struct GLR: Sendable {
    /// Which change is looked for.
    public enum Change: String, Sendable {
        /// All means are multiplied by one factor.
        case intercept
        /// The counts of the period before add to the mean.
        case epidemic = "epi"
    }

    /// Up or down.
    public enum Direction: String, Sendable {
        /// More cases.
        case increase = "inc"
        /// Fewer cases.
        case decrease = "dec"

        var sign: Double { self == .increase ? 1 : -1 }
    }

    /// What the threshold column holds.
    public enum Returned: String, Sendable {
        /// The statistic.
        case value
        /// The count that would have sounded the alarm.
        case cases
    }

    /// Where the in-control mean comes from.
    public enum Mean: Sendable, Equatable {
        /// A regression on everything before the range, with so many harmonics, perhaps with a trend; refitted after each alarm
        /// or not.
        case model(harmonics: Int, trend: Bool, refit: Bool)
        /// Given: one value, or one for each period of the range.
        case given([Double])
    }

    /// The statistic at which the alarm sounds.
    public var threshold = 5.0
    /// Where the in-control mean comes from.
    public var mean = Mean.model(harmonics: 1, trend: false, refit: false)
    /// The dispersion of the counts, variance μ + alpha μ²; 0 for Poisson, nil to estimate it.
    public var alpha: Double?
    /// The logarithm of the factor looked for; nil to estimate it (generalised likelihood ratio).
    public var theta: Double?
    /// Fewest periods that a change is judged from.
    public var minimumWindow = 1
    /// Most periods back that a change may lie; −1: any.
    public var window = -1
    /// Which change is looked for.
    public var change = Change.intercept
    /// Up or down.
    public var direction = Direction.increase
    /// What the threshold column holds.
    public var returned = Returned.value
    /// The largest count that is tried for `cases`.
    public var largestCount = 1e4

    /// More than that is not tried.
    static let largestCountMax = 100_000

    /// The chart with R's settings.
    public init() {}

    /// Detections, whose expected counts are the in-control means, and the dispersion used.
    public typealias Result = (detections: [Detection], alpha: Double)

    /// Follows the chart through a range of indices, from 1. Counts in the range can't be missing.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> Result {
        try check(series, range)
        var start = range.lowerBound
        var (means, alpha) = try means(series, range, alpha)
        var detections: [Detection] = []
        var previous = 0.0
        while start <= range.upperBound {
            let chart = Chart(
                chart: self, x: Array(series.observed[(start - 1)..<range.upperBound]), mu: means, alpha: alpha,
                previous: previous)
            let (length, values) = chart.run()
            let end = min(length, chart.x.count)
            for i in 0..<end {
                var detection = Detection(start + i, series)
                detection.expected = means[i]
                detection.upperbound = values[i] > 0 ? values[i] : 0
                detection.alarm = i + 1 == length
                detections.append(detection)
            }
            previous = chart.x[end - 1]
            start += end
            means.removeFirst(end)
            if case .model(_, _, true) = mean, start <= range.upperBound {
                means = try self.means(series, start...range.upperBound, alpha).0
            }
        }
        return (detections, alpha)
    }

    private func check(_ series: CountSeries, _ range: ClosedRange<Int>) throws(SurveillanceFault) {
        try series.check(range, history: 1)
        if let theta, theta == 1 { throw SurveillanceFault("theta", "has to be other than 1") }
        if let theta, theta == 0 { throw SurveillanceFault("theta", "is 0: no change to look for") }
        if let alpha, !(alpha >= 0) { throw SurveillanceFault("alpha", "is \(alpha), but can't be negative") }
        guard minimumWindow >= 1 else { throw SurveillanceFault("Mtilde", "is \(minimumWindow), at least 1 is needed") }
        guard largestCount >= 0, largestCount <= Double(Self.largestCountMax) else {
            throw SurveillanceFault("xMax", "is \(largestCount), must be within 0 and \(Self.largestCountMax)")
        }
        if case .model(let harmonics, _, _) = mean, harmonics < 0 {
            throw SurveillanceFault("mu0", "S is \(harmonics), but can't be negative")
        }
        if change == .epidemic, returned == .cases {
            throw SurveillanceFault("ret", "is cases, which the epidemic chart can't tell: take value")
        }
        if let missing = range.first(where: { series.observed[$0 - 1].isNaN }) {
            throw SurveillanceFault(
                "observed", "is missing at index \(missing), which a likelihood-ratio chart can't step over")
        }
    }

    private func means(_ series: CountSeries, _ range: ClosedRange<Int>, _ alpha: Double?)
        throws(SurveillanceFault) -> ([Double], Double)
    {
        switch mean {
        case .given(let values):
            if values.count == 1 { return (range.map { _ in values[0] }, alpha ?? 0) }
            guard values.count == range.count else {
                throw SurveillanceFault("mu0", "has \(values.count) values for \(range.count) periods")
            }
            return (values, alpha ?? 0)
        case .model(let harmonics, let trend, _):
            let design = Harmonics(period: series.frequency, count: harmonics, trend: trend)
            let times = (1..<range.lowerBound).filter { !series.observed[$0 - 1].isNaN }
            let columns = design.columns(times.map(Double.init))
            let counts = times.map { series.observed[$0 - 1] }
            let model: LogLinearModel?
            var dispersion = alpha ?? 0
            if let alpha {
                model = LogLinearModel(
                    columns: columns, counts: counts,
                    family: alpha == 0 ? .poisson : .negativeBinomial(theta: 1 / alpha))
            } else {
                let fit = NegativeBinomialModel(columns: columns, counts: counts)
                model = fit?.model
                dispersion = 1 / (fit?.theta ?? 1)
            }
            guard let model else {
                throw SurveillanceFault("mu0", "the \(times.count) counts before the range are too few for the model")
            }
            return (range.map { exp(model.predictor(at: design.row(Double($0)))) }, dispersion)
        }
    }
}

extension GLR {
    /// One run of the chart, from a start to its first alarm.
    struct Chart {
        let chart: GLR
        let x: [Double]
        let mu: [Double]
        let alpha: Double
        /// The count before the first one.
        let previous: Double

        /// The number of the period with the alarm, from 1, or one more than there are; and the returned values.
        func run() -> (length: Int, values: [Double]) {
            if chart.change == .intercept, let kappa = chart.theta { return knownChange(kappa) }
            let isPoisson = alpha == 0
            let isWindowed = isPoisson && chart.change == .intercept && chart.window > 0
            let first =
                isPoisson && chart.change == .intercept
                ? (isWindowed ? chart.minimumWindow : 0) : chart.minimumWindow - 1
            var values = [Double](repeating: 0, count: x.count)
            for n in first..<max(x.count, first) {
                let statistic = statistic(n, x)
                let isAlarm =
                    chart.change == .epidemic && isPoisson ? statistic > chart.threshold : statistic >= chart.threshold
                values[n] = chart.returned == .value ? statistic : cases(n, isAlarm)
                if isAlarm { return (n + 1, values) }
            }
            return (x.count + 1, values)
        }

        private func knownChange(_ kappa: Double) -> (Int, [Double]) {
            var value = 0.0
            var values = [Double](repeating: 0, count: x.count)
            for n in x.indices {
                let before = value
                // Both ratios are linear in the count.
                let constant: Double
                let factor: Double
                if alpha == 0 {
                    constant = (1 - exp(kappa)) * mu[n]
                    factor = kappa
                } else {
                    let ratio = log((1 + alpha * mu[n]) / (1 + alpha * mu[n] * exp(kappa)))
                    constant = ratio / alpha
                    factor = kappa + ratio
                }
                value = fmax(0, before + factor * x[n] + constant)
                values[n] = chart.returned == .value ? value : (chart.threshold - before - constant) / factor
                if value > chart.threshold { return (n + 1, values) }
            }
            return (x.count + 1, values)
        }

        private func statistic(_ n: Int, _ x: [Double]) -> Double {
            switch (chart.change, alpha == 0) {
            case (.intercept, true): chart.window > 0 ? windowed(n, x) : unlimited(n, x)
            case (.intercept, false): negativeBinomial(n, x, isEpidemic: false)
            case (.epidemic, true): epidemic(n, x)
            case (.epidemic, false): negativeBinomial(n, x, isEpidemic: true)
            }
        }

        private func unlimited(_ n: Int, _ x: [Double]) -> Double {
            best(from: n, through: 0, n, x, sums: (0, 0))
        }

        private func windowed(_ n: Int, _ x: [Double]) -> Double {
            var sums = (0.0, 0.0)
            for i in max(n - chart.minimumWindow + 1, 0)...n { sums = (sums.0 + x[i], sums.1 + mu[i]) }
            return best(from: n - chart.minimumWindow, through: max(0, n - chart.window), n, x, sums: sums)
        }

        private func best(from last: Int, through first: Int, _ n: Int, _ x: [Double], sums: (Double, Double)) -> Double
        {
            var (count, mean) = sums
            var best = -1e99
            for k in stride(from: last, through: first, by: -1) {
                count += x[k]
                mean += mu[k]
                let kappa = chart.direction.sign * fmax(0, chart.direction.sign * log(count / mean))
                best = fmax(best, kappa * count + (1 - exp(kappa)) * mean)
            }
            return best
        }

        private func starts(_ n: Int) -> ClosedRange<Int> {
            let low = chart.window == -1 ? 0 : max(0, n - chart.window)
            return min(low, n - chart.minimumWindow + 1)...(n - chart.minimumWindow + 1)
        }

        private func negativeBinomial(_ n: Int, _ x: [Double], isEpidemic: Bool) -> Double {
            var best = -1e99
            var estimate = 0.5
            for k in starts(n) {
                var kappa = estimate
                var old = 0.4
                var steps = 0
                while kappa > -18, abs(kappa - old) > 1e-6, steps < 1000 {
                    steps += 1
                    old = kappa
                    let factor = exp(old)
                    var score = 0.0
                    var information = 0.0
                    for i in k...n {
                        let d = 1 + alpha * factor * mu[i]
                        score += (x[i] - factor * mu[i]) / d
                        information += mu[i] * (alpha * x[i] + 1) / (d * d)
                    }
                    kappa = old + score / (factor * information)
                }
                estimate = isEpidemic ? kappa : chart.direction.sign * fmax(0, chart.direction.sign * kappa)
                var sum = 0.0
                for i in k...n {
                    if isEpidemic {
                        let mean = mu[i] + exp(estimate) * (i > 0 ? x[i - 1] : previous)
                        let ratio = log(1 + alpha * mu[i]) - log(1 + alpha * mean)
                        sum += x[i] * (log(mean) - log(mu[i]) + ratio) + ratio / alpha
                    } else {
                        let ratio = log((1 + alpha * mu[i]) / (1 + alpha * mu[i] * exp(estimate)))
                        sum += estimate * x[i] + (x[i] + 1 / alpha) * ratio
                    }
                }
                if sum > best { best = sum }
            }
            return best
        }

        private func epidemic(_ n: Int, _ x: [Double]) -> Double {
            var best = -1e99
            var lambda = 0.5
            for k in starts(n) {
                var phi = log(lambda)
                var old = 2.0
                var steps = 0
                while phi > -18, abs(exp(phi) - exp(old)) > 1e-6, steps < 1000 {
                    steps += 1
                    old = phi
                    let factor = exp(old)
                    var score = 0.0
                    var curvature = 0.0
                    for i in k...n {
                        let before = i > 0 ? x[i - 1] : previous
                        let mean = factor * before + mu[i]
                        score += x[i] * before / mean - before
                        curvature += x[i] * before * before / (mean * mean)
                    }
                    score *= factor
                    phi = old + score / (exp(2 * old) * curvature - score)
                }
                lambda = exp(phi)
                var sum = 0.0
                for i in k...n {
                    let before = i > 0 ? x[i - 1] : previous
                    sum += x[i] * log(lambda * before / mu[i] + 1) - lambda * before
                }
                if sum > best { best = sum }
            }
            return best
        }

        /// The last count that would have sounded the alarm.
        private func cases(_ n: Int, _ isAlarm: Bool) -> Double {
            var x = Array(x[...n])
            if alpha != 0 {
                while x[n] >= 1, x[n] <= chart.largestCount {
                    x[n] += isAlarm ? -1 : 1
                    if (statistic(n, x) >= chart.threshold) != isAlarm { return x[n] + (isAlarm ? 1 : 0) }
                }
                return isAlarm ? .nan : 1e99
            }
            let sign = chart.direction.sign
            for count in 0...Int(chart.largestCount) {
                x[n] = Double(count)
                if !(sign * statistic(n, x) < sign * chart.threshold) { return Double(count) }
            }
            return .nan
        }
    }
}
