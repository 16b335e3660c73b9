/// What a unit measures: the exponents of the base units, and of arbitrary units, which are measures of their own.
///
/// Two units are commensurable when their dimensions are equal.
public struct UCUMDimensions: Sendable, Hashable, CustomStringConvertible {
    /// The base units in the order of `exponents`.
    public static let baseUnits = ["m", "s", "g", "rad", "K", "C", "cd"]

    /// The exponents of `baseUnits`; the eighth is unused.
    public internal(set) var exponents = SIMD8<Int16>()
    /// The exponents of arbitrary units, such as `[iU]`; none is zero.
    public internal(set) var arbitrary: [String: Int] = [:]

    /// No dimension: a pure number.
    public init() {}

    /// Whether it is a pure number.
    public var isNone: Bool {
        self == UCUMDimensions()
    }

    /// The canonical unit as a UCUM code, such as `g.m-3`; `1` for a pure number.
    public var description: String {
        var parts: [String] = []
        for (index, unit) in Self.baseUnits.enumerated() where exponents[index] != 0 {
            parts.append(exponents[index] == 1 ? unit : "\(unit)\(exponents[index])")
        }
        for (unit, exponent) in arbitrary.sorted(by: { $0.key < $1.key }) {
            parts.append(exponent == 1 ? unit : "\(unit)\(exponent)")
        }
        return parts.isEmpty ? "1" : parts.joined(separator: ".")
    }

    mutating func add(_ other: UCUMDimensions, times count: Int) {
        exponents &+= other.exponents &* SIMD8(repeating: Int16(truncatingIfNeeded: count))
        for (unit, exponent) in other.arbitrary {
            let sum = (arbitrary[unit] ?? 0) + exponent * count
            arbitrary[unit] = sum == 0 ? nil : sum
        }
    }
}
