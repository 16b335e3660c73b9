import JSON
import Testing

/// A random document, written with random whitespace and escapes.
private struct RandomText {
    var generator: SeededGenerator

    mutating func chance(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

    mutating func space() -> String {
        ["", "", "", " ", "\n  ", "\t", "\r\n"][chance(7)]
    }

    mutating func string() -> String {
        let pieces = [
            "a", "Z9", "中文", "é", "😀", "\\n", "\\\"", "\\\\", "\\u00e9", "\\uD83D\\uDE00", "/", "plain text ",
        ]
        return "\"" + (0..<chance(6)).map { _ in pieces[chance(pieces.count)] }.joined() + "\""
    }

    mutating func value(_ depth: Int) -> String {
        let inner: String
        switch chance(depth > 0 ? 9 : 6) {
        case 0: inner = "null"
        case 1: inner = ["true", "false"][chance(2)]
        case 2: inner = ["0", "-0", "1.00", "-12.5e-7", "1E+2", "12345678901234567890"][chance(6)]
        case 3, 4, 5: inner = string()
        case 6, 7:
            let members = (0..<chance(24)).map { "\"k\($0)\"\(space()):\(value(depth - 1))" }
            inner = "{" + members.joined(separator: ",") + space() + "}"
        default:
            inner = "[" + (0..<chance(6)).map { _ in value(depth - 1) }.joined(separator: ",") + space() + "]"
        }
        return space() + inner + space()
    }
}

@Suite("Random documents")
struct JSONPropertyTests {
    @Test("have the same values after compaction", arguments: 0..<300 as Range<UInt64>)
    func compaction(seed: UInt64) throws {
        var random = RandomText(generator: SeededGenerator(seed: seed))
        let document = try document(random.value(5))
        let compact = try JSONDocument(parsing: document.compactText())
        #expect(compact.isCompact)
        #expect(compact.root.hasSameValue(as: document.root))
        var writer = JSONWriter()
        rewrite(document.root, &writer)
        #expect(try JSONDocument(parsing: writer.bytes).root.hasSameValue(as: document.root))
    }

    private func rewrite(_ node: JSONNode, _ writer: inout JSONWriter) {
        switch node.kind {
        case .null: writer.null()
        case .true, .false: writer.bool(node.bool == true)
        case .number: writer.decimal(text: node.numberText ?? "")
        case .string: writer.string(node.string ?? "")
        case .array:
            writer.beginArray()
            for element in node.elements { rewrite(element, &writer) }
            writer.endArray()
        case .object:
            writer.beginObject()
            for (key, value) in node.members {
                writer.key(key.string ?? "")
                rewrite(value, &writer)
            }
            writer.endObject()
        }
    }

    @Test("are parsed or refused, never worse, after any mutation", arguments: 0..<300 as Range<UInt64>)
    func mutation(seed: UInt64) throws {
        var random = RandomText(generator: SeededGenerator(seed: seed))
        let original = Array(random.value(4).utf8)
        for _ in 0..<60 {
            var text = original
            for _ in 0...random.chance(3) {
                let place = random.chance(text.count + 1)
                switch random.chance(4) {
                case 0 where place < text.count: text.remove(at: place)
                case 1: text.insert(UInt8(random.chance(256)), at: place)
                case 2: text = Array(text[..<place])
                default: if place < text.count { text[place] = Array("\"\\{}[]:,0u ".utf8)[random.chance(11)] }
                }
            }
            do throws(JSONError) {
                let parsed = try JSONDocument(parsing: text)
                // What is accepted is UTF-8 throughout and compacts to itself in value.
                #expect(String(validating: text, as: UTF8.self) != nil)
                let compact = try JSONDocument(parsing: parsed.compactText())
                #expect(compact.root.hasSameValue(as: parsed.root))
            } catch {
                #expect(error.offset >= 0 && error.offset <= text.count)
                #expect(error.path.hasPrefix("$"))
            }
        }
    }
}
