/// A place in a document: RFC 6901.
public struct JSONPointer: Sendable, Equatable, CustomStringConvertible {
    /// The reference tokens, unescaped; none for the whole document.
    public let tokens: [String]

    /// Reads a pointer such as `/name/0/given`; nil when the text is none.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            var bytes: [UInt8] = []
            var isEscaped = false
            for byte in part {
                switch (isEscaped, byte) {
                case (false, UInt8(ascii: "~")): isEscaped = true
                case (false, _): bytes.append(byte)
                case (true, UInt8(ascii: "0")):
                    bytes.append(UInt8(ascii: "~"))
                    isEscaped = false
                case (true, UInt8(ascii: "1")):
                    bytes.append(UInt8(ascii: "/"))
                    isEscaped = false
                case (true, _): return nil
                }
            }
            guard !isEscaped else { return nil }
            tokens.append(String(decoding: bytes, as: UTF8.self))
        }
        self.tokens = tokens
    }

    private init(tokens: [String]) { self.tokens = tokens }

    /// The place of the object or array that holds this one, and the last token; nil for the whole document.
    public var split: (parent: JSONPointer, last: String)? {
        tokens.last.map { (JSONPointer(tokens: tokens.dropLast()), $0) }
    }

    /// Whether the other place is inside this one.
    public func contains(_ other: JSONPointer) -> Bool {
        other.tokens.count > tokens.count && other.tokens.starts(with: tokens)
    }

    /// The value at this place; nil when there is none.
    public func node(in document: JSONDocument) -> JSONNode? {
        var node = document.root
        for token in tokens {
            let next = node.isArray ? Self.index(token).flatMap { node[$0] } : node[JSONKey(token)]
            guard let next else { return nil }
            node = next
        }
        return node
    }

    /// The number of an array element: digits without leading zeros; nil for other tokens.
    public static func index(_ token: String) -> Int? {
        let digits = token.utf8
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != 0x30 else { return nil }
        return Int(token)
    }

    /// The pointer as text.
    public var description: String {
        tokens.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}
