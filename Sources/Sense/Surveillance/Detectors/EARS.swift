/// The three methods of the Early Aberration Reporting System (Hutwagner and others 2003; Fricker and others 2008), as R's
/// `surveillance::earsC` computes them.
public struct EARS: Sendable {
    /// Which of the three.
    public enum Method: String, Sendable, CaseIterable {
        /// The `baseline` periods before.
        case c1 = "C1"
        /// The same, ending three periods before.
        case c2 = "C2"
        /// The excesses of C2 over three periods.
        case c3 = "C3"
    }

    /// Which of the three.
    public var method: Method
    /// Periods to compare with; at least 3.
    public var baseline: Int
    /// The smallest standard deviation that is believed.
    public var minSigma: Double
    /// One-sided probability of a false alarm; 0.025 for C3 and 0.001 otherwise unless given.
    public var alpha: Double

    /// A method with its settings.
    public init(_ method: Method, baseline: Int = 7, minSigma: Double = 0, alpha: Double? = nil) {
        self.method = method
        self.baseline = baseline
        self.minSigma = minSigma
        self.alpha = alpha ?? (method == .c3 ? 0.025 : 0.001)
    }

    /// The first index that has all the history that it needs.
    public var firstIndex: Int { baseline + (method == .c1 ? 1 : method == .c2 ? 3 : 5) }

    /// Judges the periods of a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Detection] {
        guard baseline >= 3 else { throw SurveillanceFault("baseline", "is \(baseline), at least 3 is needed") }
        guard minSigma >= 0 else { throw SurveillanceFault("minSigma", "is \(minSigma), but can't be negative") }
        try series.check(range, history: firstIndex - 1)
        let z = Normal.quantile(1 - alpha)
        return range.map { t in
            let y = series.observed
            func window(_ t: Int, _ lag: Int) -> (mean: Double, deviation: Double) {
                let (mean, deviation) = meanAndDeviation(y[(t - lag - baseline - 1)..<(t - lag - 1)])
                return (mean, larger(deviation, minSigma))
            }
            func excess(_ t: Int) -> Double {
                let (mean, deviation) = window(t, 2)
                return larger(0, (y[t - 1] - mean) / deviation - 1)
            }
            var detection = Detection(t, series)
            let (mean, deviation) = window(t, method == .c1 ? 0 : 2)
            if method == .c3 {
                detection.upperbound = larger(0, y[t - 1] + deviation * (z - (excess(t - 2) + excess(t - 1))))
            } else {
                detection.upperbound = mean + z * deviation
            }
            detection.expected = mean
            detection.alarm = exceeds(detection.observed, detection.upperbound)
            return detection
        }
    }
}
