public import JSON
import Yams

/// Writes a document as YAML that ``YAMLReader`` reads back as the same document: members in their order, numbers with
/// their digits, and in quotes whatever a reader of YAML could take for something else.
public enum YAMLWriter {
    /// The text of a document.
    public static func text(of document: JSONDocument) -> String {
        // The emitter only refuses what isn't a document, which this is.
        (try? serialize(node: node(document.root), indent: 2, width: -1, allowUnicode: true)) ?? ""
    }

    private static func node(_ json: JSONNode) -> Node {
        if json.isObject {
            return Node(json.members.map { (Node(string: $0.key.string ?? ""), node($0.value)) }, .implicit, .block)
        }
        if json.isArray { return Node(json.elements.map(node), .implicit, json.count == 0 ? .flow : .block) }
        if let text = json.string { return Node(string: text) }
        return Node(String(decoding: json.rawText, as: UTF8.self), .implicit, .plain)
    }
}

extension Node {
    /// A text, in quotes where it needs them, and as a block where it has several plain lines.
    fileprivate init(string: String) {
        let style: Scalar.Style
        if string.contains(where: \.isNewline) {
            style = Self.isBlock(string) ? .literal : .doubleQuoted
        } else {
            style = PlainWord.isAmbiguous(string) ? .doubleQuoted : .any
        }
        self.init(string, .implicit, style)
    }

    /// Whether a block says the text again as it is: no other breaks than line feeds, no spaces at the ends of lines.
    private static func isBlock(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value < 0x7F) || $0.value > 0x2029 }
            && text.split(separator: "\n", omittingEmptySubsequences: false).allSatisfy {
                $0.first?.isWhitespace != true && $0.last?.isWhitespace != true
            } && !text.hasPrefix("\n") && !text.hasSuffix("\n\n")
    }
}
