/// The monthly comparison of the CDC (Stroup and others 1989) with the prediction interval of Farrington and Andrews (2003),
/// as `surveillance::algo.cdc` does it: the last four weeks against four-week sums of earlier years.
public struct CDC: Sendable {
    /// Years back.
    public var b: Int
    /// Four-week blocks on each side of the same block in earlier years.
    public var m: Int
    /// Two-sided probability of a false alarm.
    public var alpha: Double

    /// The method with its settings.
    public init(b: Int = 5, m: Int = 1, alpha: Double = 0.025) {
        self.b = b
        self.m = m
        self.alpha = alpha
    }

    /// A detection and the four-week sum that it judged.
    public typealias Result = (detection: Detection, aggregated: Double)

    /// Judges the weeks of a range of indices, from 1.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Result] {
        guard b >= 1, m >= 0 else { throw SurveillanceFault("b, m", "b must be 1 or more, m can't be negative") }
        try series.check(range, history: b * series.frequency + 4 * m + 3)
        guard range.upperBound - series.frequency + 4 * m <= series.count else {
            throw SurveillanceFault("m", "is \(m): the blocks around index \(range.upperBound) leave the series")
        }
        let z = Normal.quantile(1 - alpha / 2)
        return range.map { k in
            var sums: [Double] = []
            for year in 1...b {
                let first = k - year * series.frequency - 4 * m - 3
                for block in 0...(2 * m) {
                    sums.append(series.observed[(first + 4 * block - 1)..<(first + 4 * block + 3)].reduce(0, +))
                }
            }
            let (mean, deviation) = meanAndDeviation(sums)
            var detection = Detection(k, series)
            detection.expected = mean
            detection.upperbound = mean + z * deviation * (1 + 1 / Double(sums.count)).squareRoot()
            let aggregated = series.recentSum(k, 4)
            detection.alarm = exceeds(aggregated, detection.upperbound)
            return (detection, aggregated)
        }
    }
}
