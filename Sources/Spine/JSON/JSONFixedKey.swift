/// A key that lives as long as the program and costs no reference counting: for the names of a schema.
public struct JSONFixedKey: @unchecked Sendable, ExpressibleByStringLiteral {
    // Never changed and never freed, so that any thread may read it.
    @usableFromInline let bytes: UnsafePointer<UInt8>
    @usableFromInline let count: Int32
    /// Hash of the key's UTF-8, the same as the tape keeps for each member.
    public let hash: UInt32

    /// - Parameter string: the key, unescaped. It is never freed.
    public init(_ string: String) {
        let utf8 = Array(string.utf8)
        let room = UnsafeMutablePointer<UInt8>.allocate(capacity: max(utf8.count, 1))
        room.initialize(from: utf8, count: utf8.count)
        bytes = UnsafePointer(room)
        count = Int32(utf8.count)
        hash = keyHash(UnsafeBufferPointer(start: bytes, count: utf8.count))
    }

    /// - Parameter value: the key, unescaped.
    public init(stringLiteral value: StaticString) {
        self.init(value.description)
    }

    /// The key as text.
    public var string: String {
        String(decoding: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
    }

    /// Whether a text is this key.
    @inlinable
    @inline(__always)
    public func equals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count == Int(count) else { return false }
        for index in 0..<text.count where text[index] != bytes[index] { return false }
        return true
    }
}
