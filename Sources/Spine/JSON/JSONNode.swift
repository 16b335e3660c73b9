/// One value of a document: a strong reference to the document and a place on its tape.
public struct JSONNode: Sendable {
    /// The document that holds the value; kept alive by it.
    public let document: JSONDocument
    @usableFromInline let index: Int

    @inlinable
    @inline(__always)
    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    @inlinable
    @inline(__always)
    var entry: TapeEntry {
        document.tape[index]
    }

    /// The place on the tape: unique in the document, and growing in the order of the text.
    @inlinable
    public var identity: Int {
        index
    }

    /// What the value is.
    @inlinable
    public var kind: JSONKind {
        entry.kind
    }

    /// Whether the value is an object.
    @inlinable
    public var isObject: Bool {
        kind == .object
    }

    /// Whether the value is an array.
    @inlinable
    public var isArray: Bool {
        kind == .array
    }

    /// Whether the value is a string.
    @inlinable
    public var isString: Bool {
        kind == .string
    }

    /// Whether the value is a number.
    @inlinable
    public var isNumber: Bool {
        kind == .number
    }

    /// Whether the value is `null`.
    @inlinable
    public var isNull: Bool {
        kind == .null
    }

    /// The bytes of the whole value in `document.text`; of a string with its quotes.
    @inlinable
    public var range: Range<Int> {
        let entry = entry
        return Range(uncheckedBounds: (Int(entry.start), Int(entry.end)))
    }

    /// The value's text as it stands in the document.
    public var rawText: ArraySlice<UInt8> {
        document.text[range]
    }
}
