/// An exact decimal number that keeps the digits after the point as they were written: `1.50` isn't `1.5` in text.
///
/// Up to 38 digits.
public struct FHIRPathDecimal: Sendable {
    /// All digits as an integer: 150 of `1.50`.
    public let coefficient: Int128
    /// How many of them stand after the point: 2 of `1.50`.
    public let scale: Int

    /// The number `coefficient` / 10^`scale`.
    public init(_ coefficient: Int128, scale: Int = 0) {
        self.coefficient = coefficient
        self.scale = scale
    }
}
