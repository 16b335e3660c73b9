import Foundation

/// The distribution of the days between the onset of a case and of the cases that it infects.
public struct SerialInterval: Sendable {
    /// Probability of 0, 1, 2, … days.
    public var weights: [Double]

    /// A distribution given day by day.
    public init(weights: [Double]) { self.weights = weights }

    /// The shifted gamma distribution with a mean and a standard deviation in days, made discrete (Cori and others 2013, web
    /// appendix 11), for 0 ..< `days`.
    public init(mean: Double, deviation: Double, days: Int) throws(SurveillanceFault) {
        guard mean > 1 else { throw SurveillanceFault("mean_si", "is \(mean), must be above 1 day") }
        guard deviation > 0 else { throw SurveillanceFault("std_si", "is \(deviation), must be positive") }
        let ratio = (mean - 1) / deviation
        let a = ratio * ratio
        let b = deviation * deviation / (mean - 1)
        func g(_ x: Double, _ shape: Double) -> Double { incompleteGamma(shape, x / b).lower }
        weights = (0..<days).map { day in
            let k = Double(day)
            let first = k * g(k, a) + (k - 2) * g(k - 2, a) - 2 * (k - 1) * g(k - 1, a)
            let second = a * b * (2 * g(k - 1, a + 1) - g(k - 2, a + 1) - g(k, a + 1))
            return max(0, first + second)
        }
    }

    /// Its mean, in days.
    public var mean: Double { weights.enumerated().reduce(0) { $0 + Double($1.0) * $1.1 } }

    func weight(_ days: Int) -> Double { weights.indices.contains(days) ? weights[days] : 0 }
}
