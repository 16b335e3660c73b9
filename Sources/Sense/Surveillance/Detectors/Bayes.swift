/// The Bayesian prediction of Riebler (2004) with Jeffreys' prior, as `surveillance::algo.bayes` does it. Bayes 1, 2 and 3
/// are (b 0, w 6, with this year), (1, 6, with) and (2, 4, without).
public struct Bayes: Sendable {
    /// Years back.
    public var b: Int
    /// Half the window, in periods.
    public var w: Int
    /// Whether the last `w` periods count as well.
    public var actY: Bool
    /// One-sided probability of a false alarm.
    public var alpha: Double

    /// The method with its settings.
    public init(b: Int = 0, w: Int = 6, actY: Bool = true, alpha: Double = 0.05) {
        self.b = b
        self.w = w
        self.actY = actY
        self.alpha = alpha
    }

    /// Judges the periods of a range of indices, from 1. Missing base values are left out.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Detection] {
        let reference = ReferenceWeeks(b: b, w: w, actY: actY)
        try reference.check(series, range)
        return range.map { k in
            let values = reference.values(series, k)
            let n = Double(values.count)
            let sum = values.reduce(0, +)
            var detection = Detection(k, series)
            detection.expected = (sum + 0.5) / n
            detection.upperbound =
                CountDistribution.negativeBinomial(size: sum + 0.5, probability: n / (n + 1)).quantile(1 - alpha)
            detection.alarm = exceeds(detection.observed, detection.upperbound)
            return detection
        }
    }
}
