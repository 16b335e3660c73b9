/// Why a text is not an acceptable JSON document, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The faults that a text can have.
    public enum Reason: Sendable, Equatable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// A number that RFC 8259 does not allow, such as `01` or `1.`.
        case invalidNumber
        /// A backslash followed by something that is no escape.
        case invalidEscape
        /// Bytes that are not UTF-8 (RFC 3629).
        case invalidUTF8
        /// A `\u` escape with half of a surrogate pair.
        case unpairedSurrogate
        /// An unescaped character below U+0020 in a string.
        case controlCharacter
        /// The same key twice in one object.
        case duplicateKey(String)
        /// Deeper nesting than the limit, which is given.
        case tooDeep(Int)
        /// A longer text than the limit in bytes, which is given.
        case tooLarge(Int)
        /// Something follows the document's value.
        case trailingBytes
        /// The text begins with a byte order mark.
        case byteOrderMark
    }

    /// What is wrong.
    public var reason: Reason
    /// Where, in bytes from the start of the text.
    public var offset: Int
    /// Where, as keys and positions from the root: `$` is the root, `$.name[0].given` a member far below it.
    public var path: String

    /// - Parameters:
    ///   - reason: what is wrong.
    ///   - offset: where, in bytes from the start of the text.
    ///   - path: where, as keys and positions from the root `$`.
    public init(reason: Reason, offset: Int, path: String) {
        self.reason = reason
        self.offset = offset
        self.path = path
    }

    /// One sentence for a person: the fault, the byte offset and the path.
    public var description: String {
        "\(reason.explanation) at byte \(offset), in \(path)"
    }
}

extension JSONError.Reason {
    /// What is wrong, in words.
    public var explanation: String {
        switch self {
        case .unexpectedEnd: "the text ends inside a value"
        case .unexpectedByte(let byte): "unexpected \(Self.name(of: byte))"
        case .invalidNumber: "a number that JSON does not allow"
        case .invalidEscape: "an escape that JSON does not allow"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .unpairedSurrogate: "half of a surrogate pair"
        case .controlCharacter: "an unescaped control character in a string"
        case .duplicateKey(let key): "the key \"\(key)\" stands twice in one object"
        case .tooDeep(let limit): "nesting deeper than \(limit)"
        case .tooLarge(let limit): "a text longer than \(limit) bytes"
        case .trailingBytes: "something follows the end of the value"
        case .byteOrderMark: "a byte order mark, which JSON does not allow,"
        }
    }

    private static func name(of byte: UInt8) -> String {
        if byte > 0x20 && byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
    }
}
