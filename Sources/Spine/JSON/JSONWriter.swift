/// Writes compact JSON from front to back and puts the commas where they belong.
///
/// ```swift
/// var writer = JSONWriter()
/// writer.beginObject()
/// writer.member("resourceType", string: "Basic")
/// writer.endObject()
/// ```
/// The caller answers for the grammar: keys only in objects, every container ended.
public struct JSONWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8] = []
    /// A value stands before this place in the same container.
    private var needsComma = false

    /// A writer with nothing written.
    public init() {}

    /// - Parameter capacity: bytes to make room for.
    public init(reservingCapacity capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes `{`.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Writes `}`.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes `[`.
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Writes `]`.
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes the key of the member whose value comes next.
    public mutating func key(_ key: String) {
        separate()
        appendQuoted(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string value.
    public mutating func string(_ value: String) {
        separate()
        appendQuoted(value, to: &bytes)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes an integer.
    public mutating func integer(_ value: Int64) {
        integer(Int(value))
    }

    /// Writes a number from its text, which must be a JSON number.
    public mutating func decimal(text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes `true` or `false`.
    public mutating func bool(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null`.
    public mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a whole value that is JSON text already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a whole value that is JSON text already.
    public mutating func raw(_ json: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a value of a document, without whitespace outside strings.
    public mutating func node(_ node: JSONNode) {
        if node.document.isCompact {
            raw(node.rawText)
        } else {
            raw(node.compactText())
        }
    }

    /// Writes a member with a string.
    public mutating func member(_ key: String, string value: String) {
        self.key(key)
        string(value)
    }

    /// Writes a member with an integer.
    public mutating func member(_ key: String, integer value: Int) {
        self.key(key)
        integer(value)
    }

    /// Writes a member with a truth value.
    public mutating func member(_ key: String, bool value: Bool) {
        self.key(key)
        bool(value)
    }

    /// Writes a member whose value is JSON text already.
    public mutating func member(_ key: String, raw json: [UInt8]) {
        self.key(key)
        raw(json)
    }

    /// Writes a member whose value comes from a document.
    public mutating func member(_ key: String, node value: JSONNode) {
        self.key(key)
        node(value)
    }
}
