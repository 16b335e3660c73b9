/// Forms of URIs that rules tell apart.
enum URIForms {
    /// Whether a text is an absolute URI: a scheme in lower case and something after it, without spaces.
    static func isAbsolute(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        let scheme = text[..<colon]
        let rest = text[text.index(after: colon)...]
        guard let first = scheme.utf8.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z"), !rest.isEmpty
        else {
            return false
        }
        let isScheme = scheme.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
        return isScheme && !rest.contains(" ")
    }

    /// Whether a text begins with a scheme (RFC 3986, section 3.1), whatever follows.
    static func hasScheme(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon > text.startIndex else { return false }
        return text.utf8[..<colon].allSatisfy {
            isLetterOrDigit($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        }
    }

    /// Whether a text is a UUID: 8, 4, 4, 4 and 12 hexadecimal digits.
    static func isUUID(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.utf8.allSatisfy(isHexadecimal) }
    }

    /// Whether a text is an OID: arcs without leading zeros, the first 0, 1 or 2.
    static func isOID(_ text: some StringProtocol) -> Bool {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
        return arcs.count > 1 && ["0", "1", "2"].contains(arcs[0])
            && arcs.allSatisfy { arc in
                !arc.isEmpty && arc.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
                    && (arc.count == 1 || !arc.hasPrefix("0"))
            }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 6
    }

    /// The type and id at the end of a URL of a REST server: `https://example.org/fhir/Patient/1`; nil for other URLs.
    ///
    /// Source: the regular expression in FHIR R4, "References", section 2.3.0.2.
    ///
    /// - Parameter isType: whether a name is that of a resource type.
    static func restful(_ url: String, _ isType: (String) -> Bool) -> (base: Substring, type: String, id: String)? {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        var end = parts.count
        if end > 4, parts[end - 2] == "_history" { end -= 2 }
        guard end > 4, parts[0] == "http:" || parts[0] == "https:", parts[1].isEmpty, isId(parts[end - 1]),
            isType(String(parts[end - 2]))
        else { return nil }
        for part in parts[2..<(end - 2)] where !part.utf8.allSatisfy(isPathByte) { return nil }
        let base = parts[..<(end - 2)].reduce(0) { $0 + $1.utf8.count + 1 }
        let baseEnd = url.utf8.index(url.startIndex, offsetBy: base)
        return (url[..<baseEnd], String(parts[end - 2]), String(parts[end - 1]))
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "$") || byte == UInt8(ascii: "\\")
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
    }

    /// Whether a text has the form of a resource id.
    static func isId(_ text: Substring) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}
