/// The three letters of a segment, in one number so that comparing is cheap.
public struct SegmentName: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    @usableFromInline let packed: UInt32

    /// The letters in one number.
    @inlinable public var number: UInt32 { packed }

    init(_ one: UInt8, _ two: UInt8, _ three: UInt8) {
        packed = UInt32(one) << 16 | UInt32(two) << 8 | UInt32(three)
    }

    /// A name of three characters: an upper-case letter and two upper-case letters or digits.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 3, bytes.withUnsafeBufferPointer({ Self.isName($0, at: 0) }) else { return nil }
        self.init(bytes[0], bytes[1], bytes[2])
    }

    /// A name known when the program was written.
    public init(stringLiteral value: StaticString) {
        precondition(value.utf8CodeUnitCount == 3, "a segment's name has three letters")
        self.init(value.utf8Start[0], value.utf8Start[1], value.utf8Start[2])
    }

    /// Whether the sender made the segment up.
    public var isLocal: Bool { packed >> 16 == 0x5A }

    /// `PID`.
    public var description: String {
        String(decoding: [UInt8(packed >> 16), UInt8(packed >> 8 & 0xFF), UInt8(packed & 0xFF)], as: UTF8.self)
    }

    @inline(__always)
    static func isName(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
        guard place + 3 <= bytes.count else { return false }
        return isUpper(bytes[place]) && isUpperOrDigit(bytes[place + 1]) && isUpperOrDigit(bytes[place + 2])
    }

    @inline(__always)
    private static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }

    @inline(__always)
    private static func isUpperOrDigit(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 || byte &- 0x30 < 10 }
}
