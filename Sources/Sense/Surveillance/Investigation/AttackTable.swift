import Foundation

/// Who fell ill among those exposed and those not (罹患率表): attack rates, their ratio, the odds ratio.
///
/// Intervals are of 95 %: Wilson's for a rate; by the logarithm for the ratio of rates (Katz 1978) and the odds ratio (Woolf 1955),
/// where an empty cell gives each cell one half more (Haldane 1956, Anscombe 1956).
public struct AttackTable: Sendable, Hashable {
    /// Exposed and ill.
    public let exposedIll: Int
    /// Exposed and well.
    public let exposedWell: Int
    /// Not exposed and ill.
    public let otherIll: Int
    /// Not exposed and well.
    public let otherWell: Int

    /// A number with its interval of 95 %.
    public struct Estimate: Sendable, Hashable {
        /// The number.
        public let value: Double
        /// The lower end.
        public let low: Double
        /// The upper end.
        public let high: Double
    }

    /// - Throws: a fault for a negative count.
    public init(exposedIll: Int, exposedWell: Int, otherIll: Int, otherWell: Int) throws(SurveillanceFault) {
        for (name, count) in [
            ("exposedIll", exposedIll), ("exposedWell", exposedWell), ("otherIll", otherIll), ("otherWell", otherWell),
        ] where count < 0 {
            throw SurveillanceFault(name, "is \(count), but must be 0 or more")
        }
        self.exposedIll = exposedIll
        self.exposedWell = exposedWell
        self.otherIll = otherIll
        self.otherWell = otherWell
    }

    /// The normal quantile of 95 % on two sides.
    private static let z = 1.959963984540054

    /// The share that fell ill, with Wilson's interval; nil where nobody is.
    /// - Parameters:
    ///   - ill: how many fell ill.
    ///   - all: of how many.
    public static func rate(ill: Int, of all: Int) -> Estimate? {
        guard all > 0, ill >= 0, ill <= all else { return nil }
        let (n, p, z2) = (Double(all), Double(ill) / Double(all), z * z)
        let center = (p + z2 / (2 * n)) / (1 + z2 / n)
        let half = z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot()
        return Estimate(
            value: p, low: ill == 0 ? 0 : max(0, center - half), high: ill == all ? 1 : min(1, center + half))
    }

    /// The attack rate among the exposed.
    public var exposedRate: Estimate? { Self.rate(ill: exposedIll, of: exposedIll + exposedWell) }

    /// The attack rate among the others.
    public var otherRate: Estimate? { Self.rate(ill: otherIll, of: otherIll + otherWell) }

    /// The ratio of both attack rates; nil where a group is empty or nobody fell ill.
    public var rateRatio: Estimate? {
        guard exposedIll + exposedWell > 0, otherIll + otherWell > 0, exposedIll + otherIll > 0 else { return nil }
        let (a, b, c, d) = cells
        return Self.byLogarithm(
            (a / (a + b)) / (c / (c + d)), variance: 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    }

    /// The odds ratio; nil where a row or a column is empty.
    public var oddsRatio: Estimate? {
        guard exposedIll + exposedWell > 0, otherIll + otherWell > 0, exposedIll + otherIll > 0,
            exposedWell + otherWell > 0
        else { return nil }
        let (a, b, c, d) = cells
        return Self.byLogarithm(a * d / (b * c), variance: 1 / a + 1 / b + 1 / c + 1 / d)
    }

    private var cells: (Double, Double, Double, Double) {
        let counts = [exposedIll, exposedWell, otherIll, otherWell]
        let more = counts.contains(0) ? 0.5 : 0
        return (
            Double(exposedIll) + more, Double(exposedWell) + more, Double(otherIll) + more, Double(otherWell) + more
        )
    }

    private static func byLogarithm(_ ratio: Double, variance: Double) -> Estimate {
        let half = z * max(variance, 0).squareRoot()
        return Estimate(value: ratio, low: ratio * exp(-half), high: ratio * exp(half))
    }
}
