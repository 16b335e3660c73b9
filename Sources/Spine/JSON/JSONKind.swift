/// The kinds of JSON value (RFC 8259, section 3).
@frozen
public enum JSONKind: UInt8, Sendable {
    /// The literal `null`.
    case null = 0
    /// The literal `true`.
    case `true` = 1
    /// The literal `false`.
    case `false` = 2
    /// A number, whose text is kept as written.
    case number = 3
    /// A string.
    case string = 4
    /// An array.
    case array = 5
    /// An object.
    case object = 6
}
