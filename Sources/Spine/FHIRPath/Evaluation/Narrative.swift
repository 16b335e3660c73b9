/// The rules of a narrative's XHTML that can be told from its text: balanced tags, elements and attributes that FHIR
/// allows, and something to read.
///
/// Source: <http://hl7.org/fhir/R4/narrative.html#xhtml>, invariants txt-1 and txt-2.
enum Narrative {
    private static let elements: Set<String> = [
        "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "b", "em", "i", "strong", "small", "big",
        "tt",
        "dfn", "q", "var", "abbr", "acronym", "cite", "blockquote", "hr", "address", "bdo", "kbd", "samp", "ul", "ol",
        "li",
        "dl", "dt", "dd", "pre", "table", "caption", "colgroup", "col", "thead", "tr", "tfoot", "tbody", "th", "td",
        "code",
        "img", "map", "area", "sub", "sup", "ins", "del", "u", "s", "strike", "center", "font", "input",
    ]

    /// Whether a text is a narrative's `div` as FHIR wants it.
    static func isAllowed(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        var open: [String] = []
        var hasContent = false
        var isFirst = true
        while let byte = rest.first {
            guard byte == UInt8(ascii: "<") else {
                if byte > 0x20 {
                    guard !open.isEmpty else { return false }
                    hasContent = true
                }
                rest = rest.dropFirst()
                continue
            }
            if rest.starts(with: Array("<!--".utf8)) {
                guard let end = find("-->", in: rest) else { return false }
                rest = rest[end...]
                continue
            }
            guard let end = tagEnd(rest) else { return false }
            let tag = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == name(tag.dropFirst()) else { return false }
                continue
            }
            let name = name(tag[...])
            guard elements.contains(name), !isFirst || name == "div", isFirst || !open.isEmpty else { return false }
            guard !hasHandler(tag) else { return false }
            isFirst = false
            if name == "img" { hasContent = true }
            if !tag.hasSuffix("/") { open.append(name) }
        }
        return open.isEmpty && hasContent
    }

    private static func name(_ tag: Substring) -> String {
        String(tag.prefix { !$0.isWhitespace && $0 != "/" })
    }

    /// Attributes such as `onclick`.
    private static func hasHandler(_ tag: String) -> Bool {
        tag.lowercased().split(whereSeparator: \.isWhitespace).dropFirst().contains { part in
            part.hasPrefix("on") && part.contains("=")
        }
    }

    private static func find(_ text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.utf8)
        var index = bytes.startIndex
        while index + wanted.count <= bytes.endIndex {
            if bytes[index..<index + wanted.count].elementsEqual(wanted) { return index + wanted.count }
            index += 1
        }
        return nil
    }

    /// Where the `>` of a tag stands; those inside quotes don't count.
    private static func tagEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        var quote: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                return index
            }
        }
        return nil
    }
}
