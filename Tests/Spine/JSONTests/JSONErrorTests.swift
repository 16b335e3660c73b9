import JSON
import Testing

@Suite("A refused text")
struct JSONErrorTests {
    @Test(
        "is refused with reason, byte offset and path",
        arguments: [
            ("", .unexpectedEnd, 0, "$"),
            (" ", .unexpectedEnd, 1, "$"),
            ("{\"a\":[1,2", .unexpectedEnd, 9, "$.a[2]"),
            ("{\"a\":[1,2,", .unexpectedEnd, 10, "$.a[2]"),
            ("{\"name\":[{\"given\":[\"x\",}]}]}", .unexpectedByte(0x7D), 23, "$.name[0].given[1]"),
            ("{\"a\":1,}", .unexpectedByte(0x7D), 7, "$"),
            ("{\"a\":1 \"b\":2}", .unexpectedByte(0x22), 7, "$"),
            ("{\"a\" 1}", .unexpectedByte(0x31), 5, "$.a"),
            ("[1}", .unexpectedByte(0x7D), 2, "$[1]"),
            ("[tru]", .unexpectedByte(0x5D), 4, "$[0]"),
            ("nul", .unexpectedEnd, 3, "$"),
            ("[01]", .invalidNumber, 1, "$[0]"),
            ("[-]", .invalidNumber, 1, "$[0]"),
            ("[1.]", .invalidNumber, 1, "$[0]"),
            ("[1e+]", .invalidNumber, 1, "$[0]"),
            ("[\"a\\x\"]", .invalidEscape, 3, "$[0]"),
            ("[\"\\u12g4\"]", .invalidEscape, 2, "$[0]"),
            ("[\"\\uD800\"]", .unpairedSurrogate, 2, "$[0]"),
            ("[\"\\uD800\\u0041\"]", .unpairedSurrogate, 2, "$[0]"),
            ("[\"\\uDC00\"]", .unpairedSurrogate, 2, "$[0]"),
            ("[\"a\nb\"]", .controlCharacter, 3, "$[0]"),
            ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey("a"), 13, "$.a"),
            ("{\"x\":{\"a\":1,\"\\u0061\":3}}", .duplicateKey("a"), 12, "$.x.a"),
            ("{} {}", .trailingBytes, 3, "$"),
            ("{\"odd key\":x}", .unexpectedByte(0x78), 11, "$['odd key']"),
        ] as [(String, JSONError.Reason, Int, String)])
    func refused(_ text: String, _ reason: JSONError.Reason, _ offset: Int, _ path: String) {
        #expect(throws: JSONError(reason: reason, offset: offset, path: path)) {
            try document(text)
        }
    }

    @Test(
        "is refused when it is not UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
            [0xE4, 0xB8, 0x20], [0xF0, 0x9F, 0x98, 0x20],
        ] as [[UInt8]])
    func invalidUTF8(_ bytes: [UInt8]) {
        let text = Array("[\"ab".utf8) + bytes + Array("\"]".utf8)
        #expect(throws: JSONError(reason: .invalidUTF8, offset: 4, path: "$[0]")) { try JSONDocument(parsing: text) }
    }

    @Test("is refused when it begins with a byte order mark")
    func byteOrderMark() {
        #expect(throws: JSONError(reason: .byteOrderMark, offset: 0, path: "$")) { try document("\u{FEFF}{}") }
    }

    @Test("is refused when it is longer than the limit")
    func tooLarge() throws {
        let limits = JSONLimits(bytesMax: 4)
        #expect(try document("[12]", limits: limits).root.count == 1)
        #expect(throws: JSONError(reason: .tooLarge(4), offset: 4, path: "$")) {
            try document("[123]", limits: limits)
        }
    }

    @Test("is refused when it nests deeper than the limit", arguments: [1, 2, 23, 24, 25, 200, 5000])
    func tooDeep(_ depthMax: Int) throws {
        let limits = JSONLimits(depthMax: depthMax)
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try document(nested(depthMax), limits: limits).root.isArray)
        let error = #expect(throws: JSONError.self) { try document(nested(depthMax + 1), limits: limits) }
        #expect(error?.reason == .tooDeep(depthMax))
        #expect(error?.offset == depthMax)
    }

    @Test("says in one sentence what is wrong and where")
    func description() {
        let error = #expect(throws: JSONError.self) { try document("{\"a\":[1,x]}") }
        #expect(error?.description == "unexpected 'x' at byte 8, in $.a[1]")
    }

    @Test("names the later of two equal keys in an object of any size", arguments: [2, 16, 17, 18, 40, 3000])
    func duplicates(_ count: Int) {
        let members = (0..<count).map { "\"key\($0 == count - 1 ? 0 : $0)\":\($0)" }.joined(separator: ",")
        let error = #expect(throws: JSONError.self) { try document("{\(members)}") }
        #expect(error?.reason == .duplicateKey("key0"))
        #expect(error?.offset == members.utf8.count + 1 - "\"key0\":".utf8.count - String(count - 1).utf8.count)
    }

    @Test("takes time in proportion to its length, however hostile")
    func hostile() throws {
        let count = 200_000
        let texts = [
            "{" + (0..<count).map { "\"\($0)\":0" }.joined(separator: ",") + "}",
            "[" + String(repeating: "{\"a\":[", count: 90) + String(repeating: "]}", count: 90) + "]",
            "[" + String(repeating: "\"\\u0041\",", count: count) + "0]",
            "[" + String(repeating: "{},[],", count: count) + "0]",
            "{" + (0..<count).map { "\"\\u0041\($0)\":0" }.joined(separator: ",") + "}",
        ]
        let clock = ContinuousClock()
        for text in texts {
            let bytes = Array(text.utf8)
            let spent = try clock.measure { _ = try JSONDocument(parsing: bytes) }
            #expect(spent < .seconds(5))
        }
    }
}
