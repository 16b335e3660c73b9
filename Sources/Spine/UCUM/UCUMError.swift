/// Why a text is no UCUM code.
public struct UCUMError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Sendable, Hashable {
        /// There is no text.
        case empty
        /// The text is longer than `UCUM.bytesMax`.
        case tooLong
        /// A character outside printable ASCII, or one that cannot stand here.
        case unexpectedCharacter
        /// A unit, factor or bracket is missing: an operator at the end, or an open bracket.
        case incomplete
        /// No unit has this symbol, with or without a prefix.
        case unknownUnit(String)
        /// A prefix before a unit that takes none.
        case notMetric(prefix: String, unit: String)
        /// A factor or exponent too large, or a factor of zero.
        case number(String)
        /// Brackets nested too deep.
        case tooDeep
    }

    /// What is wrong.
    public let reason: Reason
    /// Where, in bytes from the start of the code.
    public let offset: Int

    /// One sentence for a person.
    public var description: String {
        switch reason {
        case .empty: "a UCUM code must not be empty; a unit of one is written 1"
        case .tooLong: "a UCUM code has at most \(UCUM.bytesMax) characters"
        case .unexpectedCharacter: "unexpected character at position \(offset + 1) of the UCUM code"
        case .incomplete: "the UCUM code ends where a unit is expected (position \(offset + 1))"
        case .unknownUnit(let symbol): "UCUM has no unit \(symbol) (codes are case-sensitive)"
        case .notMetric(let prefix, let unit): "the UCUM unit \(unit) takes no prefix such as \(prefix)"
        case .number(let digits): "the number \(digits) is out of range in a UCUM code"
        case .tooDeep: "brackets are nested too deep in the UCUM code"
        }
    }
}
