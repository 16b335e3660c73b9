import JSON
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("puts commas where they belong")
    func commas() throws {
        let spaced = try document("[1, 2]")
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("s", string: "a\"\\\n\u{1}/é")
        writer.member("i", integer: -3)
        writer.member("b", bool: true)
        writer.member("r", raw: Array("[]".utf8))
        writer.member("n", node: spaced.root)
        writer.key("l")
        writer.beginArray()
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.decimal(text: "1.50")
        writer.bool(false)
        writer.endArray()
        writer.integer(7)
        writer.endArray()
        writer.endObject()
        let expected = #"{"s":"a\"\\\n\u0001/é","i":-3,"b":true,"r":[],"n":[1,2],"l":[null,{},[1.50,false],7]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect(try JSONDocument(parsing: writer.bytes).isCompact)
    }

    @Test("quotes every character so that it is read back", arguments: 0..<50 as Range<UInt64>)
    func quoting(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var string = ""
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            let highest: UInt32 = [0x30, 0x80, 0x800, 0xD800, 0x110000].randomElement(using: &generator) ?? 0x80
            guard let scalar = Unicode.Scalar(UInt32.random(in: 0..<highest, using: &generator)) else { continue }
            string.unicodeScalars.append(scalar)
        }
        let read = try JSONDocument(parsing: jsonQuoted(string)).root.string
        #expect(read.map { Array($0.utf8) } == Array(string.utf8))
    }

    @Test("escapes control characters, quotes and backslashes alone, wherever they stand", arguments: 0..<18)
    func escapes(place: Int) {
        for code in 1..<UInt8(128) {
            let around = (
                String(repeating: "压", count: place / 3) + String(repeating: "a", count: place % 3), "abcdefghij"
            )
            let text = around.0 + String(UnicodeScalar(code)) + around.1
            let isEscaped = code < 0x20 || code == UInt8(ascii: "\"") || code == UInt8(ascii: "\\")
            let quoted = String(decoding: jsonQuoted(text), as: UTF8.self)
            #expect((quoted == "\"\(text)\"") == !isEscaped, "\(code)")
            #expect(quoted.hasPrefix("\"" + around.0) && quoted.hasSuffix(around.1 + "\""), "\(code)")
        }
    }
}
