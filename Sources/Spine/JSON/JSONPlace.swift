/// A value of a document that something else keeps alive: a `JSONNode` that costs no reference counting.
///
/// For code that walks many values in one call. Who makes a place sees to it that its document lives as long.
public struct JSONPlace: @unchecked Sendable {
    // A document never changes, so that any thread may read it.
    @usableFromInline let owner: Unmanaged<JSONDocument>
    @usableFromInline let index: Int32

    @inlinable
    @inline(__always)
    init(_ owner: Unmanaged<JSONDocument>, _ index: Int) {
        self.owner = owner
        self.index = Int32(truncatingIfNeeded: index)
    }

    /// The place of a node, for as long as its document lives.
    @inlinable
    public init(_ node: JSONNode) {
        self.init(Unmanaged.passUnretained(node.document), node.index)
    }

    /// The value with its document.
    @inlinable
    public var node: JSONNode {
        JSONNode(document: document, index: Int(index))
    }

    /// The document that holds the value.
    @inlinable
    public var document: JSONDocument {
        owner.takeUnretainedValue()
    }

    /// The place on the tape: unique in the document, and growing in the order of the text.
    @inlinable
    public var identity: Int32 {
        index
    }

    /// Whether two places are in the same document.
    @inlinable
    public func isBeside(_ other: JSONPlace) -> Bool {
        owner.toOpaque() == other.owner.toOpaque()
    }

    /// The value at another place on the tape of the same document, which must be one that exists.
    @inlinable
    public func sibling(at identity: Int32) -> JSONPlace {
        JSONPlace(owner, Int(identity))
    }

    @inlinable
    @inline(__always)
    var tape: UnsafePointer<TapeEntry> {
        owner._withUnsafeGuaranteedRef { UnsafePointer($0.tape) }
    }

    @inlinable
    @inline(__always)
    var text: UnsafePointer<UInt8> {
        owner._withUnsafeGuaranteedRef { $0.characters }
    }

    /// What the value is.
    @inlinable
    public var kind: JSONKind {
        tape[Int(index)].kind
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

    /// Whether the value is `null`.
    @inlinable
    public var isNull: Bool {
        kind == .null
    }
}
