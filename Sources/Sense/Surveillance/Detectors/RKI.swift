/// The method of the Robert Koch Institute, as `surveillance::algo.rki` does it: two standard deviations above the mean of
/// the base values, or the limit of a Poisson mean where that is 20 or less.
public struct RKI: Sendable {
    /// Years back.
    public var b: Int
    /// Half the window, in periods.
    public var w: Int
    /// Whether the last `w` periods count as well.
    public var actY: Bool

    /// The method with its settings.
    public init(b: Int = 2, w: Int = 4, actY: Bool = false) {
        self.b = b
        self.w = w
        self.actY = actY
    }

    /// The upper limits of the mean of 0, 1, … 20 cases.
    private static let limits = [
        3.285, 5.323, 6.686, 8.102, 9.598, 11.177, 12.817, 13.765, 14.921, 16.768, 17.633, 19.05, 20.335, 21.364,
        22.945,
        23.762, 25.4, 26.306, 27.735, 28.966, 30.017,
    ]

    /// Judges the periods of a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Detection] {
        let reference = ReferenceWeeks(b: b, w: w, actY: actY)
        try reference.check(series, range)
        return range.map { k in
            let (mean, deviation) = meanAndDeviation(reference.values(series, k))
            var detection = Detection(k, series)
            detection.expected = mean
            if mean > 20 {
                detection.upperbound = mean + 2 * deviation
            } else if mean >= 0 {
                detection.upperbound = Self.limits[Int(mean)]
            }
            detection.alarm = exceeds(detection.observed, detection.upperbound)
            return detection
        }
    }
}
