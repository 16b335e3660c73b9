public import Calendar
import Foundation

/// How many cases there will be once every report has come in, from a line list with delays (Lawless 1994), as R's
/// `surveillance::nowcast(method = "lawless")` computes it.
public struct Nowcast: Sendable {
    /// Days, weeks or months in which events are counted (`aggregate.by`).
    public enum Period: String, Sendable, CaseIterable {
        /// One by one.
        case day = "1 day"
        /// From Monday on.
        case week = "1 week"
        /// From the first on.
        case month = "1 month"

        /// The number of the period that a day falls into; periods that follow each other have numbers that do.
        public func number(of day: CivilDay) -> Int {
            switch self {
            case .day: return day.number
            // 1970-01-05 was a Monday.
            case .week: return ((day.number - 4) - ((day.number - 4) % 7 + 7) % 7) / 7
            case .month:
                let (year, month, _) = day.components
                return year * 12 + month - 1
            }
        }

        /// The first day of a period.
        public func first(_ number: Int) -> CivilDay {
            switch self {
            case .day: CivilDay(number: number)
            case .week: CivilDay(number: 7 * number + 4)
            case .month: CivilDay(year: 0, month: number + 1, runningOn: 1)
            }
        }
    }

    /// In what events are counted; delays, the history and the window are in the same unit.
    public var period = Period.day
    /// The longest delay; longer ones are taken to be so long.
    public var longestDelay: Int
    /// Periods of history that the delays are learnt from; nil: all.
    public var movingWindow: Int?
    /// Probability outside of the interval.
    public var alpha: Double
    /// The largest number of cases a day that is thought possible. Nil: R's 300, or more where the interval asks for it.
    public var largestCount: Int?
    /// The variance of Lawless' equation 2.16. R 1.20.3 leaves the first term out, which is followed unless this is set.
    public var fullVariance: Bool

    /// The method with its settings.
    public init(
        longestDelay: Int = 15, movingWindow: Int? = nil, alpha: Double = 0.05, largestCount: Int? = nil,
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
        let origin = period.number(of: first)
        let last = period.number(of: now) - origin
        let most = longestDelay
        try check(last)
        for (name, day) in [("now", now), ("dRangeFrom", first)] + days.map({ ("when", $0) })
        where period.first(period.number(of: day)) != day {
            throw SurveillanceFault(name, "\(day.isoText) is not the first day of a \(period.rawValue.dropFirst(2))")
        }
        var triangle = [[Double]](repeating: [Double](repeating: 0, count: most + 1), count: last + 1)
        for (event, report) in reports {
            let t = period.number(of: event) - origin
            let delay = period.number(of: report) - period.number(of: event)
            guard t + delay <= last else { continue }
            guard (0...last).contains(t), delay >= 0 else { continue }
            triangle[t][min(delay, most)] += 1
        }
        let hazards = hazards(triangle, last)
        return try days.map { day throws(SurveillanceFault) in
            let t = period.number(of: day) - origin
            guard (0...last).contains(t) else {
                throw SurveillanceFault("when", "\(day.isoText) is outside of the history")
            }
            return try predict(day, t: t, last: last, triangle, hazards)
        }
    }

    private func check(_ last: Int) throws(SurveillanceFault) {
        guard longestDelay >= 0, longestDelay <= last else {
            throw SurveillanceFault("D", "is \(longestDelay), but the history has only \(max(last + 1, 0)) periods")
        }
        guard (last + 1) * (longestDelay + 1) <= 10_000_000 else {
            throw SurveillanceFault("D", "is \(longestDelay), too much for a history of \(last + 1) periods")
        }
        if let movingWindow, movingWindow < 1 {
            throw SurveillanceFault("m", "is \(movingWindow), at least 1 is needed")
        }
        guard alpha > 0, alpha < 1 else {
            throw SurveillanceFault("alpha", "is \(alpha), must be above 0 and below 1")
        }
        if let largestCount, !(0...Self.largestCountMax).contains(largestCount) {
            throw SurveillanceFault("N.tInf.max", "is \(largestCount), must be within 0 and \(Self.largestCountMax)")
        }
    }

    private static let largestCountMax = 10_000_000

    /// The share of cases with a delay, of those with that delay or less; and those.
    private func hazards(_ triangle: [[Double]], _ last: Int) -> [(share: Double, count: Double)] {
        (0...longestDelay).map { delay in
            var exact = 0.0
            var within = 0.0
            // Delays longer than the window have been seen in none of its periods.
            let start = max(0, last - (movingWindow ?? last))
            for t in start..<max(last - delay + 1, start) {
                exact += triangle[t][delay]
                within += triangle[t][...delay].reduce(0, +)
            }
            return (delay == 0 ? 1 : within > 0 ? exact / within : 0, within)
        }
    }

    private func predict(
        _ day: CivilDay, t: Int, last: Int, _ triangle: [[Double]], _ hazards: [(share: Double, count: Double)]
    ) throws(SurveillanceFault) -> Prediction {
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
        guard expected.isFinite, spread.isFinite else {
            throw SurveillanceFault(
                "D", "is \(longestDelay): no case tells how many of \(day.isoText) are reported so soon")
        }
        func distribution(_ count: Int) -> Double {
            let x = Double(count)
            guard spread > 0 else { return x >= expected ? 1 : 0 }
            let deviation = spread.squareRoot()
            guard x >= reported else { return 0 }
            return Normal.cumulative((x - expected) / deviation) / Normal.upperTail((reported - expected) / deviation)
        }
        var largest = largestCount ?? 300
        while largestCount == nil, distribution(largest) <= 1 - alpha / 2, largest < Self.largestCountMax {
            largest *= 2
        }
        guard distribution(largest) > 1 - alpha / 2 else {
            throw SurveillanceFault("N.tInf.max", "is \(largest), but on \(day.isoText) more cases are to be expected")
        }
        let cumulative = (0...largest).map(distribution)
        func first(above p: Double) -> Int { cumulative.firstIndex { $0 > p } ?? 0 }
        var mean = 0.0
        for count in 1..<cumulative.count { mean += Double(count) * (cumulative[count] - cumulative[count - 1]) }
        let low = first(above: alpha / 2)
        return Prediction(
            day: day, reported: Int(reported), median: first(above: 0.5),
            interval: low...max(low, first(above: 1 - alpha / 2)), mean: mean)
    }
}
