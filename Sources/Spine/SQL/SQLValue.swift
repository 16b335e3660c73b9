/// One value bound to, or read from, a statement.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

extension SQLValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByNilLiteral
{
    /// A literal.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A literal.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// A literal.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A literal.
    public init(nilLiteral: ()) { self = .null }

    /// An integer of any width.
    public static func int(_ value: some BinaryInteger) -> SQLValue { .integer(Int64(value)) }
}
