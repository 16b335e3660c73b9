public import Calendar
import Foundation

/// How many cases there will be once every report has come in, from a line list with delays (Lawless 1994), as R's
/// `surveillance::nowcast(method = "lawless")` computes it.
public struct Nowcast: Sendable {
    /// The longest delay, in days; longer ones are taken to be so long.
    public var longestDelay: Int
    /// Days of history that the delays are learnt from; nil: all.
    public var movingWindow: Int?
    /// Probability outside of the interval.
    public var alpha: Double
    /// The largest number of cases a day that is thought possible.
    public var largestCount: Int
    /// The variance of Lawless' equation 2.16. R 1.20.3 leaves the first term out, which is followed unless this is set.
    public var fullVariance: Bool

    /// The method with its settings.
    public init(
        longestDelay: Int = 15, movingWindow: Int? = nil, alpha: Double = 0.05, largestCount: Int = 300,
        fullVariance: Bool = false
    ) {
        self.longestDelay = longestDelay
        self.movingWindow = movingWindow
        self.alpha = alpha
        self.largestCount = largestCount
        self.fullVariance = fullVariance
    }

    /// One case: the day that it happened, and the day that it was reported.
    public typealias Report = (event: CivilDay, report: CivilDay)

    /// What is foreseen for one day.
    public struct Prediction: Sendable {
        /// The day.
        public var day: CivilDay
        /// Cases reported until now.
        public var reported: Int
        /// The median of the prediction.
        public var median: Int
        /// The interval.
        public var interval: ClosedRange<Int>
        /// The mean of the prediction.
        public var mean: Double
    }

    /// Predicts days.
    /// - Parameters:
    ///   - reports: the line list; what was reported after `now` is not looked at.
    ///   - first: the first day of the history.
    ///   - days: to predict, from `first` to `now`.
    public func predict(_ reports: [Report], now: CivilDay, from first: CivilDay, days: [CivilDay])
        throws(SurveillanceFault) -> [Prediction]
    {
        let last = now.number - first.number
        let most = longestDelay
        guard most >= 0, most <= last else {
            throw SurveillanceFault("D", "is \(most), but the history has only \(last + 1) days")
        }
        var triangle = [[Double]](repeating: [Double](repeating: 0, count: most + 1), count: last + 1)
        for (event, report) in reports where report <= now {
            let t = event.number - first.number
            let delay = report.number - event.number
            guard (0...last).contains(t), delay >= 0 else { continue }
            triangle[t][min(delay, most)] += 1
        }
        let hazards = hazards(triangle, last)
        return try days.map { day throws(SurveillanceFault) in
            let t = day.number - first.number
            guard (0...last).contains(t) else {
                throw SurveillanceFault("when", "\(day.isoText) is outside of the history")
            }
            return predict(day, t: t, last: last, triangle, hazards)
        }
    }

    /// The share of cases with a delay, of those with that delay or less; and those.
    private func hazards(_ triangle: [[Double]], _ last: Int) -> [(share: Double, count: Double)] {
        (0...longestDelay).map { delay in
            var exact = 0.0
            var within = 0.0
            for t in max(0, last - (movingWindow ?? last))..<max(last - delay + 1, 0) {
                exact += triangle[t][delay]
                within += triangle[t][...delay].reduce(0, +)
            }
            return (delay == 0 ? 1 : within > 0 ? exact / within : 0, within)
        }
    }

    private func predict(
        _ day: CivilDay, t: Int, last: Int, _ triangle: [[Double]], _ hazards: [(share: Double, count: Double)]
    ) -> Prediction {
        let age = last - t
        let reported = triangle[t][...min(age, longestDelay)].reduce(0, +)
        var weight = 1.0
        var variance = 0.0
        for delay in (age + 1)..<max(longestDelay + 1, age + 1) {
            let (share, count) = hazards[delay]
            weight *= 1 - share
            let term = share / (count * (1 - share))
            if !term.isNaN { variance += term }
        }
        let expected = reported / weight
        var spread = reported * (1 - weight) / (weight * weight)
        if fullVariance {
            let fourth = weight * weight * weight * weight
            spread += reported * (reported + 1) / fourth * (weight * weight * variance)
        }
        if age > longestDelay { spread = 0 }
        let cumulative = (0...largestCount).map { count -> Double in
            let x = Double(count)
            guard spread > 0 else { return x >= expected ? 1 : 0 }
            let deviation = spread.squareRoot()
            guard x >= reported else { return 0 }
            return Normal.cumulative((x - expected) / deviation) / Normal.upperTail((reported - expected) / deviation)
        }
        func first(above p: Double) -> Int { cumulative.firstIndex { $0 > p } ?? 0 }
        var mean = 0.0
        for count in 1..<cumulative.count { mean += Double(count) * (cumulative[count] - cumulative[count - 1]) }
        let low = first(above: alpha / 2)
        return Prediction(
            day: day, reported: Int(reported), median: first(above: 0.5),
            interval: low...max(low, first(above: 1 - alpha / 2)), mean: mean)
    }
}
