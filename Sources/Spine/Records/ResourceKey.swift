/// The logical identity of a resource: `Patient/123`.
public struct ResourceKey: Sendable, Hashable, CustomStringConvertible {
    /// The resource type, such as `Patient`.
    public let type: String
    /// The logical id.
    public let id: String

    /// Names a resource.
    public init(type: String, id: String) {
        self.type = type
        self.id = id
    }

    /// Reads a literal reference: `Type/id` or `Type/id/_history/version`; nil for anything else.
    public init?(reference: String) {
        var reference = reference
        guard let key = reference.withUTF8({ ResourceKey(reference: $0) }) else { return nil }
        self = key
    }

    /// Reads a literal reference from UTF-8.
    init?(reference text: UnsafeBufferPointer<UInt8>) {
        guard let place = Place(text), place.type.lowerBound == 0 else { return nil }
        self.init(
            type: String(decoding: text[place.type], as: UTF8.self),
            id: String(decoding: text[place.id], as: UTF8.self))
    }

    /// Where type and id stand in a reference: at its end, before a version, after the base of an absolute one.
    struct Place {
        var type: Range<Int>
        var id: Range<Int>

        init?(_ text: UnsafeBufferPointer<UInt8>) {
            var end = text.count
            guard var slash = text[..<end].lastIndex(of: 0x2F) else { return nil }
            let history = Array("/_history".utf8)
            if slash >= history.count, text[(slash - history.count)..<slash].elementsEqual(history) {
                end = slash - history.count
                guard let before = text[..<end].lastIndex(of: 0x2F) else { return nil }
                slash = before
            }
            id = slash + 1..<end
            let start = text[..<slash].lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
            type = start..<slash
            guard (1...64).contains(id.count), text[id].allSatisfy(ResourceKey.isIDByte), let first = text[type].first,
                (0x41...0x5A).contains(first),
                text[type].allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) })
            else { return nil }
        }
    }

    /// `Type/id`.
    public var description: String { "\(type)/\(id)" }

    /// Whether the text is an id by FHIR's rule: 1 to 64 of `A–Z a–z 0–9 - .`.
    public static func isID(_ text: some StringProtocol) -> Bool {
        let utf8 = text.utf8
        return (1...64).contains(utf8.count) && utf8.allSatisfy(isIDByte)
    }

    static func isIDByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
            || byte == 0x2E
    }
}
