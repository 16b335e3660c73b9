/// One value of a parsed document: 16 bytes.
///
/// The tape holds values in the order of the text. An object is followed by its members, each a key and then a value;
/// an array by its elements.
@usableFromInline
struct TapeEntry: Sendable {
    /// First byte of the value in the text; of a string its opening quote.
    @usableFromInline var start: UInt32
    /// The byte after the value.
    @usableFromInline var end: UInt32
    /// Of a value: the entry after it and all that it holds. Of a key: the hash of the key, unescaped.
    @usableFromInline var next: UInt32
    @usableFromInline var kind: JSONKind
    @usableFromInline var flags: UInt8
    /// Members or elements of a container; `countMany` stands for that many or more.
    @usableFromInline var count: UInt16

    @inlinable
    @inline(__always)
    init(start: UInt32, end: UInt32, next: UInt32, kind: JSONKind, flags: UInt8 = 0, count: UInt16 = 0) {
        self.start = start
        self.end = end
        self.next = next
        self.kind = kind
        self.flags = flags
        self.count = count
    }

    /// The largest `count`: the true one must be found by walking.
    @usableFromInline static let countMany = UInt16.max
    /// A string that holds at least one backslash.
    @usableFromInline static let hasEscapes: UInt8 = 1
    /// A string that is the key of a member.
    @usableFromInline static let isKey: UInt8 = 2
    /// A number with neither fraction nor exponent.
    @usableFromInline static let isInteger: UInt8 = 4
}
