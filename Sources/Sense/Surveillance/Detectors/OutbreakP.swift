import Foundation

/// The semiparametric detection of an onset of Frisén, Andersson and Schiöler (2009), as `surveillance::algo.outbreakP`
/// computes it: the likelihood of a non-decreasing mean against that of a constant one.
public struct OutbreakP: Sendable {
    /// The statistic above which the alarm sounds.
    public var k: Double
    /// Whether the threshold is given as the count that the alarm needs, rather than as the statistic.
    public var returnsCases: Bool
    /// The largest count that is tried for that.
    public var maxUpperboundCases: Double

    /// Counts that are tried for one period, at most.
    private static let stepsMax = 1_000_000

    /// The method with its settings.
    public init(k: Double = 100, returnsCases: Bool = true, maxUpperboundCases: Double = 1e5) {
        self.k = k
        self.returnsCases = returnsCases
        self.maxUpperboundCases = maxUpperboundCases
    }

    /// Judges the periods of a range of indices, from 1; all of the series before counts.
    public func detect(_ series: CountSeries, range: ClosedRange<Int>) throws(SurveillanceFault) -> [Detection] {
        try series.check(range, history: 0)
        return range.map { t in
            let counts = Array(series.observed[..<t])
            let statistic = Self.statistic(counts)
            var detection = Detection(t, series)
            detection.alarm = exceeds(statistic, k)
            detection.upperbound = returnsCases ? needed(counts, detection.alarm) : statistic
            return detection
        }
    }

    /// The smallest last count with an alarm; NaN when none was found.
    private func needed(_ counts: [Double], _ alarm: Bool?) -> Double {
        guard counts.count > 1 else { return k >= 1 ? .nan : 0 }
        guard let alarm else { return .nan }
        var counts = counts
        let last = counts.count - 1
        var steps = 0
        while steps < Self.stepsMax, alarm ? counts[last] > 0 : counts[last] < maxUpperboundCases {
            steps += 1
            counts[last] += alarm ? -1 : 1
            let statistic = Self.statistic(counts)
            if statistic.isNaN { return .nan }
            if (statistic > k) != alarm { return counts[last] + (alarm ? 1 : 0) }
        }
        return .nan
    }

    /// The statistic at the end of the counts, by pooling adjacent violators.
    static func statistic(_ counts: [Double]) -> Double {
        var pools: [(sum: Double, size: Double, start: Int)] = []
        for (index, count) in counts.enumerated() {
            var pool = (sum: count, size: 1.0, start: index)
            while let last = pools.last, pool.sum / pool.size <= last.sum / last.size {
                pools.removeLast()
                pool = (pool.sum + last.sum, pool.size + last.size, last.start)
            }
            pools.append(pool)
        }
        let mean = meanAndDeviation(counts).mean
        var statistic = 1.0
        for pool in pools {
            let fitted = pool.sum / pool.size
            let ratio = fitted == 0 && mean == 0 ? 1 : fitted / mean
            for index in pool.start..<(pool.start + Int(pool.size)) { statistic *= pow(ratio, counts[index]) }
        }
        return statistic
    }
}
