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
    public init?(reference: some StringProtocol) {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 || (parts.count == 4 && parts[2] == "_history"), Self.isTypeName(parts[0]),
            Self.isID(parts[1])
        else { return nil }
        self.init(type: String(parts[0]), id: String(parts[1]))
    }

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

    private static func isTypeName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, (0x41...0x5A).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }
}
