import JSON
import Testing

func document(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONDocument {
    try JSONDocument(parsing: Array(text.utf8), limits: limits)
}

@Suite("A JSON document")
struct JSONDocumentTests {
    @Test("gives members and elements in the order of the text")
    func order() throws {
        let root = try document(#" {"b": [1, "two", null, true, false, {"c": {}}], "a": -1.50e+3, "": []} "#).root
        #expect(root.isObject)
        #expect(root.count == 3)
        #expect(root.members.map { $0.key.string } == ["b", "a", ""])
        #expect(root["b"]?.count == 6)
        #expect(root["b"]?[0]?.integer == 1)
        #expect(root["b"]?[1]?.string == "two")
        #expect(root["b"]?.elements.map(\.kind) == [.number, .string, .null, .true, .false, .object])
        #expect(root["b"]?[5]?["c"]?.count == 0)
        #expect(root["b"]?[6] == nil)
        #expect(root["b"]?[-1] == nil)
        #expect(root["a"]?.numberText == "-1.50e+3")
        #expect(root["a"]?.double == -1500)
        #expect(root["a"]?.integer == nil)
        #expect(root[""]?.isArray == true)
        #expect(root["c"] == nil)
        #expect(root["a"]?["b"] == nil)
        #expect(root[0] == nil)
    }

    @Test(
        "reads scalars at the root",
        arguments: [("null", JSONKind.null), ("true", .true), ("false", .false), ("0", .number), ("\"\"", .string)])
    func scalars(_ text: String, _ kind: JSONKind) throws {
        let root = try document(text).root
        #expect(root.kind == kind)
        #expect(root.range == 0..<text.utf8.count)
        #expect(root.count == 0)
    }

    @Test(
        "resolves escapes",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u0041\u00e9\u4E2d\uD83D\uDE00\u0000""#, "Aé中😀\u{0}"),
            (#""健康大脑 plain""#, "健康大脑 plain"),
            (
                #""😀 and a long tail of plain letters \n with a break""#,
                "😀 and a long tail of plain letters \n with a break"
            ),
        ])
    func escapes(_ text: String, _ expected: String) throws {
        let root = try document(text).root
        #expect(root.string == expected)
        #expect(root.equals(expected))
        #expect(!root.equals(expected + "x"))
    }

    @Test("finds members whose keys are written with escapes")
    func escapedKeys() throws {
        let root = try document(#"{"n\u0061me": 1, "\u540d": 2}"#).root
        #expect(root["name"]?.integer == 1)
        #expect(root["名"]?.integer == 2)
    }

    @Test("finds each of many members", arguments: [1, 2, 15, 16, 17, 64, 1000, 70_000])
    func manyMembers(_ count: Int) throws {
        let members = (0..<count).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let root = try document("{\(members)}").root
        #expect(root.count == count)
        for index in [0, count / 2, count - 1] {
            #expect(root[JSONKey("key\(index)")]?.integer == index)
        }
    }

    @Test(
        "reads integers that fit and no others",
        arguments: [
            ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("-0", 0), ("12", 12),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", nil), ("1e2", nil),
        ] as [(String, Int?)])
    func integers(_ text: String, _ expected: Int?) throws {
        #expect(try document(text).root.integer == expected)
    }

    @Test("reads finite numbers only", arguments: [("1e999", nil), ("0.1", 0.1), ("-2.5E-3", -0.0025)])
    func doubles(_ text: String, _ expected: Double?) throws {
        #expect(try document(text).root.double == expected)
    }

    @Test("drops whitespace between tokens and nothing else")
    func compact() throws {
        let spaced = try document("\t{ \"a b\" : [ 1.00 , \"x \\\" y\" ] ,\r\n \"c\\u0020\":\n{ } } ")
        #expect(!spaced.isCompact)
        let text = spaced.compactText()
        #expect(String(decoding: text, as: UTF8.self) == #"{"a b":[1.00,"x \" y"],"c\u0020":{}}"#)
        let again = try JSONDocument(parsing: text)
        #expect(again.isCompact)
        #expect(again.compactText() == text)
        #expect(spaced.root["a b"]?.compactText() == Array(#"[1.00,"x \" y"]"#.utf8))
    }

    @Test("keeps the identity of each value apart")
    func identity() throws {
        let root = try document(#"{"a":[1,1],"b":1}"#).root
        let nodes = [root, root["a"], root["a"]?[0], root["a"]?[1], root["b"]].compactMap { $0?.identity }
        #expect(Set(nodes).count == 5)
    }

    @Test("gives bare access to the same values as its nodes")
    func cursor() throws {
        let document = try document(#"{"a\u0062":[1,"x\ty"],"c":2.5}"#)
        let list = try #require(document.root["ab"])
        let c = try #require(document.root["c"])
        document.withCursor { cursor in
            #expect(cursor.kind(0) == .object)
            #expect(cursor.hasEscapes(1))
            #expect(cursor.hash(ofKey: 1) == JSONKey("ab").hash)
            #expect(cursor.next(list.identity) == c.identity - 1)
            #expect(cursor.isInteger(list.identity + 1))
            #expect(!cursor.isInteger(c.identity))
            #expect(cursor.withUTF8(list.identity + 2) { String(decoding: $0, as: UTF8.self) } == "x\ty")
            #expect(String(decoding: cursor.raw(c.identity), as: UTF8.self) == "2.5")
            #expect(cursor.start(0)..<cursor.end(0) == document.root.range)
        }
        #expect(document.node(at: c.identity).double == 2.5)
    }
}
