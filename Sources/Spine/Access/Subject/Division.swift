/// A province, city or district by its code of GB/T 2260: six digits, zeros for what is not narrowed down.
public struct Division: Sendable, Hashable, CustomStringConvertible {
    /// `330106`, `330100` or `330000`.
    public let code: String

    /// - Parameter code: six digits, the first not zero.
    /// - Returns: nil for anything else.
    public init?(_ code: String) {
        guard code.utf8.count == 6, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }), code.utf8.first != 0x30
        else { return nil }
        self.code = code
    }

    /// The digits that say something: two for a province, four for a city, six for a district.
    public var prefix: Substring {
        code.hasSuffix("0000") ? code.prefix(2) : code.hasSuffix("00") ? code.prefix(4) : code[...]
    }

    /// Whether the other division is this one or lies in it.
    public func contains(_ other: Division) -> Bool {
        other.code.hasPrefix(prefix)
    }

    /// The city that a district lies in; a city or province itself.
    public var city: Division {
        Division(String(code.prefix(4)) + "00") ?? self
    }

    /// The code.
    public var description: String { code }
}
