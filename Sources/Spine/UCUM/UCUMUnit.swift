/// A unit of measure by its UCUM code, reduced to base units: metre, second, gram, radian, kelvin, coulomb, candela.
///
/// Source: *The Unified Code for Units of Measure*, <https://ucum.org/ucum>. Codes are case-sensitive.
public struct UCUMUnit: Sendable, Hashable {
    /// The code as it was given.
    public let code: String
    /// What it measures.
    public let dimensions: UCUMDimensions
    /// The factor to base units; nil for a special unit such as `Cel`, which is no multiple of one.
    public let ratio: UCUMRatio?

    private let function: UCUMFunction?
    /// Of a special unit: the prefix.
    private let scale: UCUMRatio
    /// Of a special unit: the factor of its proper unit.
    private let proper: UCUMRatio

    /// - Parameter code: a case-sensitive UCUM code, such as `mg/dL`, `10*9/L` or `{beats}/min`.
    /// - Throws: what is wrong with the code, and where.
    public init(parsing code: String) throws(UCUMError) {
        let result = try UCUMParser.parse(code[...], .standard)
        self.code = code
        dimensions = result.dimensions
        function = result.function
        ratio = result.function == nil ? result.ratio : nil
        scale = result.scale
        proper = result.ratio
    }

    /// Whether the unit has a scale of its own, such as `Cel` or `[pH]`.
    public var isSpecial: Bool {
        function != nil
    }

    /// Whether values of both can be compared.
    public func isCommensurable(with other: UCUMUnit) -> Bool {
        dimensions == other.dimensions
    }

    /// A value in base units.
    public func canonical(_ value: Double) -> (value: Double, dimensions: UCUMDimensions) {
        guard let function else { return (proper.times(value), dimensions) }
        return (proper.times(function.proper(scale.times(value))), dimensions)
    }

    /// A value of this unit in another; nil when they are not commensurable, or when the other scale has no such
    /// value (the logarithm of a negative number).
    public func convert(_ value: Double, to other: UCUMUnit) -> Double? {
        guard isCommensurable(with: other) else { return nil }
        if let ratio, let otherRatio = other.ratio {
            // One division at the end, for the sake of the last digit.
            var quotient = ratio
            quotient.multiply(otherRatio, power: -1)
            return finite(quotient.times(value))
        }
        let base = canonical(value).value
        guard let function = other.function else { return finite(other.proper.dividing(base)) }
        return finite(other.scale.dividing(function.special(other.proper.dividing(base))))
    }

    private func finite(_ value: Double) -> Double? {
        value.isFinite ? value : nil
    }
}
