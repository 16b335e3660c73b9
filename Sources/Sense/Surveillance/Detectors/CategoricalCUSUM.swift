import Foundation

/// The likelihood-ratio CUSUM of counts in categories of Höhle (2010), as `surveillance::categoricalCUSUM` computes it with
/// the binomial or multinomial distribution. The chart starts anew after an alarm.
public struct CategoricalCUSUM: Sendable {
    /// The statistic above which the alarm sounds.
    public var h: Double

    /// The chart with its boundary.
    public init(h: Double = 5) { self.h = h }

    /// One period: counts of each category, and their probabilities in and out of control.
    public struct Period: Sendable {
        /// Counts of each category; NaN where missing.
        public var counts: [Double]
        /// Probabilities in control.
        public var inControl: [Double]
        /// Probabilities out of control.
        public var outOfControl: [Double]

        /// A period.
        public init(counts: [Double], inControl: [Double], outOfControl: [Double]) {
            self.counts = counts
            self.inControl = inControl
            self.outOfControl = outOfControl
        }

        /// Adds the last category where the probabilities leave something for it.
        /// - Parameter total: the counts of all categories together.
        mutating func complete(total: Double) {
            let (zero, one) = (1 - inControl.reduce(0, +), 1 - outOfControl.reduce(0, +))
            guard zero > 1e-9, one > 1e-9 else { return }
            counts.append(total - counts.reduce(0, +))
            inControl.append(zero)
            outOfControl.append(one)
        }
    }

    /// The statistic, the one before, and whether the alarm sounds, for each period.
    public typealias Result = (statistic: Double, before: Double, alarm: Bool)

    /// The count of the first of two categories from which on the alarm sounds; NaN where the period hasn't so many.
    func cases(_ period: Period, before: Double) -> Double {
        let gain = zip(period.outOfControl, period.inControl).map { log($0) - log($1) }
        let total = period.counts.reduce(0, +)
        let needed = max(0, (h - before - total * gain[1]) / (gain[0] - gain[1])).rounded(.up)
        return needed > total ? .nan : needed
    }

    /// Follows the chart through periods.
    public func detect(_ periods: [Period]) throws(SurveillanceFault) -> [Result] {
        var value = 0.0
        var results: [Result] = []
        for (index, period) in periods.enumerated() {
            guard period.counts.count == period.inControl.count, period.counts.count == period.outOfControl.count else {
                throw SurveillanceFault(
                    "pi0, pi1", "row \(index + 1) has other numbers of categories and probabilities")
            }
            var ratio = 0.0
            for category in period.counts.indices where period.counts[category] != 0 {
                ratio += period.counts[category] * log(period.outOfControl[category] / period.inControl[category])
            }
            guard !ratio.isNaN else { throw SurveillanceFault("y", "row \(index + 1) misses a count or a probability") }
            let before = value
            value = max(0, value + ratio)
            results.append((value, before, value > h))
            if value > h { value = 0 }
        }
        return results
    }
}
