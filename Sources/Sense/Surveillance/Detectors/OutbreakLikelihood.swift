import Foundation

/// How much better an outbreak explains the last weeks than the season does, on all history.
///
/// A quasi-Poisson regression of everything before a guard band gives the usual counts; the likelihood of the last periods with
/// an outbreak that began 0, 1 or 2 periods ago, averaged over its sizes, is set against the likelihood without. Ranking by this
/// ratio spends a budget of false alarms, over many series, where it finds the most outbreaks (Neyman and Pearson).
public struct OutbreakLikelihood: Sendable {
    /// What is to be found.
    public enum Aim: String, Sendable, CaseIterable {
        /// The start of an outbreak: only this period's count.
        case onset
        /// Every period of an outbreak: this one and those before.
        case course
    }

    /// What is to be found.
    public var aim: Aim
    /// The logarithm of the ratio above which the alarm sounds.
    public var threshold: Double
    /// Periods before the current one that nothing is learnt from, so that a rising outbreak isn't taken for usual.
    public var guardBand: Int
    /// Years of history, at most; nil: all. A short memory forgets a change of level sooner.
    public var years: Int?
    /// The share of an outbreak's cases in its first, second, … period.
    public var course: [Double]
    /// Sizes of outbreaks, in standard deviations of a usual period.
    public var sizes: [Double]

    /// The method with its settings.
    public init(
        _ aim: Aim = .course, falseAlarmRate: Double = 0.01, guardBand: Int = 26, years: Int? = nil,
        course: [Double] = [0.5, 0.4, 0.1], sizes: [Double] = [2, 4, 6, 9]
    ) {
        self.aim = aim
        threshold = Self.threshold(aim, falseAlarmRate: falseAlarmRate)
        self.guardBand = guardBand
        self.years = years
        self.course = course
        self.sizes = sizes
    }

    /// The logarithm of the ratio that so large a share of quiet periods exceeds, over series of all kinds: measured on the 42
    /// simulated scenarios for shares of 0.01 and 0.025, on the line through both elsewhere.
    public static func threshold(_ aim: Aim, falseAlarmRate: Double) -> Double {
        let (start, slope) = aim == .course ? (-1.40, 0.786) : (-1.46, 0.84)
        return start - slope * log(falseAlarmRate)
    }

    /// A detection and the logarithm of the ratio.
    public typealias Result = (detection: Detection, ratio: Double)

    /// Judges the periods of a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Result] {
        guard guardBand >= 0, !course.isEmpty, !sizes.isEmpty else {
            throw SurveillanceFault("guardBand, course, sizes", "must not be negative or empty")
        }
        try series.check(range, history: guardBand + 52)
        return range.map { k in
            var detection = Detection(k, series)
            let end = k - 1 - guardBand
            let start = years.map { max(0, end - $0 * series.frequency) } ?? 0
            guard let baseline = HarmonicBaseline(series.observed, indices: start..<end, frequency: series.frequency)
            else {
                return (detection, .nan)
            }
            let lags = aim == .onset ? 1 : course.count
            let usual = (0..<lags).map { Usual(baseline.predict(k - 1 - $0)) }
            detection.expected = usual[0].mean
            var counts = (0..<lags).map { series.observed[k - 1 - $0] }
            let ratio = ratio(usual, counts)
            detection.alarm = exceeds(ratio, threshold)
            detection.upperbound = upperbound(usual, &counts)
            return (detection, ratio)
        }
    }

    /// A usual count: mean, and variance over mean.
    private struct Usual {
        let mean: Double
        let dispersion: Double

        init(_ prediction: (mean: Double, dispersion: Double)) {
            mean = max(prediction.mean, 1e-6)
            dispersion = prediction.dispersion
        }

        /// ln P(y) with so many Poisson cases more, less ln P(y) without.
        func ratio(_ y: Double, with more: Double) -> Double {
            let variance = mean * dispersion + more
            return Usual.logDensity(y, mean + more, variance / (mean + more)) - Usual.logDensity(y, mean, dispersion)
        }

        private static func logDensity(_ y: Double, _ mean: Double, _ dispersion: Double) -> Double {
            guard dispersion > 1 + 1e-9 else { return y * log(mean) - mean - logGamma(y + 1) }
            let size = mean / (dispersion - 1)
            return logGamma(y + size) - logGamma(size) - logGamma(y + 1) - size * log(dispersion)
                + y * log((dispersion - 1) / dispersion)
        }
    }

    /// The largest count of this period that sounds no alarm.
    private func upperbound(_ usual: [Usual], _ counts: inout [Double]) -> Double {
        func sounds(_ count: Double) -> Bool {
            var changed = counts
            changed[0] = count
            return ratio(usual, changed) > threshold
        }
        guard !counts.contains(where: \.isNaN) || !counts[0].isNaN else { return .nan }
        if sounds(0) { return 0 }
        var low = 0.0
        var high = max(1, (usual[0].mean * 2).rounded(.up))
        while !sounds(high), high < 1e9 {
            low = high
            high *= 2
        }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded(.down)
            if sounds(middle) { high = middle } else { low = middle }
        }
        return low
    }

    /// The logarithm of the mean ratio over starts and sizes. A missing earlier count says nothing; a missing current one is NaN.
    private func ratio(_ usual: [Usual], _ counts: [Double]) -> Double {
        guard !counts[0].isNaN else { return .nan }
        var terms: [Double] = []
        for start in usual.indices {
            for size in sizes {
                var sum = 0.0
                for lag in 0...start where !counts[lag].isNaN {
                    let deviation = (usual[lag].mean * usual[lag].dispersion).squareRoot()
                    sum += usual[lag].ratio(counts[lag], with: size * deviation * course[start - lag])
                }
                terms.append(sum)
            }
        }
        let most = terms.max() ?? 0
        return most + log(terms.reduce(0) { $0 + exp($1 - most) } / Double(terms.count))
    }
}
