import Foundation

/// A factor kept as two numbers, so that 4.04 g and 4040 mg become the same number: dividing by 1000 is exact to the
/// last digit where multiplying by 0.001 is not.
public struct UCUMRatio: Sendable, Hashable {
    /// Above the line.
    public internal(set) var numerator: Double
    /// Below the line; never zero.
    public internal(set) var denominator: Double

    init(_ numerator: Double, _ denominator: Double = 1) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// A decimal number as UCUM's table writes it, such as `2.54`, `1e-7` or `6.0221367`.
    init?(_ text: Substring) {
        let parts = text.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts[0].filter { $0 != "." }
        guard let value = Double(text), value > 0 else { return nil }
        guard digits.count <= 15, let mantissa = Double(digits) else {
            self.init(value)
            return
        }
        let fraction = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let places = fraction.count > 1 ? fraction[1].count : 0
        let exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - places
        self.init(
            mantissa * (exponent > 0 ? pow(10, Double(exponent)) : 1), exponent < 0 ? pow(10, Double(-exponent)) : 1)
    }

    /// A value times the factor.
    public func times(_ value: Double) -> Double {
        value * numerator / denominator
    }

    /// A value over the factor.
    public func dividing(_ value: Double) -> Double {
        value * denominator / numerator
    }

    mutating func multiply(_ other: UCUMRatio, power: Int) {
        guard power != 0 else { return }
        let count = Double(abs(power))
        let above = pow(other.numerator, count)
        let below = pow(other.denominator, count)
        numerator *= power > 0 ? above : below
        denominator *= power > 0 ? below : above
        reduce()
    }

    /// Drops common powers of ten and whole ratios, while the numbers are exact.
    private mutating func reduce() {
        let limit = 9e15
        guard numerator < limit, denominator < limit, numerator == numerator.rounded(),
            denominator == denominator.rounded()
        else { return }
        var one = numerator
        var other = denominator
        while other > 0 { (one, other) = (other, one.truncatingRemainder(dividingBy: other)) }
        guard one > 1 else { return }
        numerator /= one
        denominator /= one
    }
}
