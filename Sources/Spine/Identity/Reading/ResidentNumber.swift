/// A valid resident identity number (公民身份号码, GB 11643-1999): 18 places whose last one checks the others
/// (ISO 7064 MOD 11-2), with a real date in it.
public struct ResidentNumber: Hashable, Sendable {
    /// 18 places, X upper case.
    public let text: String
    private let number: DocumentNumber

    /// Reads a number of 18 places, or its ancestor of 15, whatever the width and case of its characters; nil if it isn't
    /// valid. Whether the division is in today's list does not matter: numbers outlive divisions.
    public init?(_ text: String) {
        var scalars: [UInt32] = []
        var text = text
        text.withUTF8 { Text.folded($0, into: &scalars) }
        number = DocumentNumber(scalars, resident: true)
        guard number.kind == .resident else { return nil }
        self.text = String(number.places.map { $0 == 10 ? "X" : Character(Unicode.Scalar(0x30 + $0)) })
    }

    /// Code of the county where the number was first given (GB/T 2260).
    public var division: String { String(text.prefix(6)) }

    /// As yyyy-mm-dd.
    public var birthDate: String {
        let digits = text.dropFirst(6).prefix(8)
        return "\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"
    }

    /// 1 male, 2 female (GB/T 2261.1).
    public var sex: Int { Int(number.sex) }
}
