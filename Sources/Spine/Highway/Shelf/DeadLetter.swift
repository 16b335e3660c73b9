import FHIR
import JSON
import Mapping
import SQL

/// A message, or a part of one, that can't be worked on.
public struct DeadLetter: Sendable {
    /// Why.
    public struct Reason: Sendable, Hashable {
        /// Where on its way.
        public var step: Step
        /// The rule that it breaks: letters of one reason have the same step and rule.
        public var rule: String
        /// Where in the message, or in the FHIR that it becomes.
        public var place: String
        /// What was found. It may quote values; ``masked`` doesn't.
        public var what: String
        /// What to do.
        public var hint: String

        init(_ refusal: Refusal) {
            step = refusal.step
            rule = refusal.rule
            place = refusal.place
            what = refusal.what
            hint = refusal.hint
        }

        /// Without the values that were found.
        public var masked: Reason {
            var masked = self
            masked.what = Mask.quoted(what)
            return masked
        }
    }

    /// The number of the delivery.
    public var message: Int64
    /// The place in the delivery, from 0.
    public var item: Int
    /// Who sent it.
    public var sender: String
    /// `ADT^A01`, `Bundle`.
    public var kind: String
    /// What the sender calls it.
    public var control: String?
    /// When it came, in milliseconds since 1970 UTC.
    public var receivedAt: Int64
    /// When it was put onto the shelf.
    public var at: Int64
    /// Everything that was found, the decisive first.
    public var reasons: [Reason]

    /// `42.0`, by which it is asked for.
    public var id: String { "\(message).\(item)" }
}

/// Which letters are meant.
public enum DeadLetters: Sendable, Hashable {
    /// One delivery.
    case message(Int64)
    /// All of a sender.
    case sender(String)
    /// All of a reason: `step` or `step/rule`.
    case reason(String)
    /// All.
    case all
}

/// Hides values and keeps the structure.
public enum Mask {
    /// What stands between quotation marks.
    public static func quoted(_ text: String) -> String {
        text.replacing(/'[^']*'|“[^”]*”|"[^"]*"/, with: "'…'")
    }

    /// A message with its segments, names and delimiters as they are, and each letter and digit of its values as `x` and `9`.
    static func message(_ text: String, _ format: Format) -> String {
        switch format {
        case .hl7v2:
            text.split(omittingEmptySubsequences: false) { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }.map { line in
                line.hasPrefix("MSH") || line.hasPrefix("BHS") || line.hasPrefix("FHS")
                    ? head(line) : String(line.prefix(3)) + values(line.dropFirst(3))
            }.joined(separator: "\n")
        case .fhir, .ndjson: text.split(separator: "\n").map { json(String($0)) }.joined(separator: "\n")
        case .table: table(text)
        case .refused: values(text[...])
        }
    }

    /// A segment that says who sends what: its fields up to the version. What stands behind may be a whole message whose
    /// segments are not parted as they should be.
    private static func head(_ line: Substring) -> String {
        let mark = line.dropFirst(3).first ?? "|"
        let fields = line.split(separator: mark, maxSplits: 11, omittingEmptySubsequences: false)
        guard fields.count == 12, let rest = fields.last else { return String(line) }
        let version = rest.prefix { $0 == "." || $0.isNumber }
        return (fields.dropLast() + [version]).joined(separator: "\(mark)") + values(rest.dropFirst(version.count))
    }

    /// A table with its header, where it has one.
    private static func table(_ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let hasHeader = DelimitedText(Array(lines.prefix(20).joined(separator: "\n").utf8)).form.hasHeader
        return lines.enumerated().map { place, line in
            place == 0 && hasHeader ? String(line) : values(line)
        }.joined(separator: "\n")
    }

    private static func values(_ text: Substring) -> String {
        String(text.map { $0.isNumber ? "9" : $0.isLetter ? "x" : $0 })
    }

    /// Strings and numbers are hidden, but for what says which kind of thing it is.
    private static func json(_ text: String) -> String {
        guard let document = try? JSONDocument(parsing: Array(text.utf8)) else { return values(text[...]) }
        var writer = JSONWriter()
        write(document.root, nil, &writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let plain: Set<String> = ["resourceType", "system", "type", "method", "status", "use"]

    private static func write(_ node: JSONNode, _ key: String?, _ writer: inout JSONWriter) {
        if node.isObject {
            writer.beginObject()
            for (key, value) in node.members {
                writer.key(key.string ?? "")
                write(value, key.string, &writer)
            }
            writer.endObject()
        } else if node.isArray {
            writer.beginArray()
            for element in node.elements { write(element, key, &writer) }
            writer.endArray()
        } else if node.isString, let text = node.string {
            writer.string(key.map { plain.contains($0) } ?? false ? text : values(text[...]))
        } else if node.isNumber {
            writer.integer(9)
        } else {
            writer.node(node)
        }
    }
}
