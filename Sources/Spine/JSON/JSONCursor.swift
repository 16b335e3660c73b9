/// Bare access to the tape for code that walks whole documents and cannot afford reference counting.
///
/// Values are named by their place on the tape (`JSONNode.identity`); the root is 0. In an object a key stands at a
/// place and its value at the next one; the first key or element follows its container. A cursor is valid only inside
/// the closure that received it, and places must be ones that exist.
public struct JSONCursor {
    /// The text of the document.
    public let text: UnsafePointer<UInt8>
    @usableFromInline let tape: UnsafePointer<TapeEntry>

    @inlinable
    init(text: UnsafePointer<UInt8>, tape: UnsafePointer<TapeEntry>) {
        self.text = text
        self.tape = tape
    }

    /// What the value is.
    @inlinable
    @inline(__always)
    public func kind(_ place: Int) -> JSONKind {
        tape[place].kind
    }

    /// The first byte of the value in the text; of a string its opening quote.
    @inlinable
    @inline(__always)
    public func start(_ place: Int) -> Int {
        Int(tape[place].start)
    }

    /// The byte after the value.
    @inlinable
    @inline(__always)
    public func end(_ place: Int) -> Int {
        Int(tape[place].end)
    }

    /// The place after a value and all that it holds: the next element, or the next key, or the end of the container.
    @inlinable
    @inline(__always)
    public func next(_ place: Int) -> Int {
        Int(tape[place].next)
    }

    /// The hash of a key, by `keyHash(_:)` over its unescaped UTF-8.
    @inlinable
    @inline(__always)
    public func hash(ofKey place: Int) -> UInt32 {
        tape[place].next
    }

    /// Whether a string is written with escapes.
    @inlinable
    @inline(__always)
    public func hasEscapes(_ place: Int) -> Bool {
        tape[place].flags & TapeEntry.hasEscapes != 0
    }

    /// Whether a number is written with neither fraction nor exponent.
    @inlinable
    @inline(__always)
    public func isInteger(_ place: Int) -> Bool {
        tape[place].flags & TapeEntry.isInteger != 0
    }

    /// The bytes between the quotes of a string, escapes not resolved.
    @inlinable
    @inline(__always)
    public func characters(_ place: Int) -> UnsafeBufferPointer<UInt8> {
        let entry = tape[place]
        return UnsafeBufferPointer(start: text + Int(entry.start) + 1, count: Int(entry.end &- entry.start) &- 2)
    }

    /// The bytes of a value as written.
    @inlinable
    @inline(__always)
    public func raw(_ place: Int) -> UnsafeBufferPointer<UInt8> {
        let entry = tape[place]
        return UnsafeBufferPointer(start: text + Int(entry.start), count: Int(entry.end &- entry.start))
    }

    /// Calls `body` with the unescaped UTF-8 of a string.
    @inlinable
    @inline(__always)
    public func withUTF8<R>(_ place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        if hasEscapes(place) { return resolved(place).withUnsafeBufferPointer(body) }
        return body(characters(place))
    }

    @usableFromInline
    func resolved(_ place: Int) -> [UInt8] {
        unescaped(characters(place))
    }
}

extension JSONDocument {
    /// Calls `body` with bare access to the document.
    ///
    /// - Parameter body: must not let the cursor escape.
    @inlinable
    public func withCursor<R>(_ body: (JSONCursor) -> R) -> R {
        withExtendedLifetime(self) {
            text.withUnsafeBufferPointer { buffer in
                // A parsed text is never empty.
                guard let base = buffer.baseAddress else { preconditionFailure("a document has a text") }
                return body(JSONCursor(text: base, tape: tape))
            }
        }
    }

    /// The value at a place on the tape, which must be one that exists.
    @inlinable
    public func node(at place: Int) -> JSONNode {
        precondition(place >= 0 && place < tapeCount, "no such place on the tape")
        return JSONNode(document: self, index: place)
    }
}
