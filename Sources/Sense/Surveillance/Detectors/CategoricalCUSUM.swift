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
    }

    /// The statistic and whether the alarm sounds, for each period.
    public typealias Result = (statistic: Double, alarm: Bool)

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
            value = max(0, value + ratio)
            results.append((value, value > h))
            if value > h { value = 0 }
        }
        return results
    }
}
