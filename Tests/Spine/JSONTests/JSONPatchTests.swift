import Foundation
import JSON
import Testing

/// RFC 6902 and RFC 6901.
@Suite("JSON Patch")
struct JSONPatchTests {
    static func patched(_ text: String, _ patch: String) throws -> String {
        let document = try JSONDocument(parsing: Array(text.utf8))
        let patch = try JSONPatch(JSONDocument(parsing: Array(patch.utf8)))
        return String(decoding: try patch.applied(to: document).text, as: UTF8.self)
    }

    @Test(
        "keeps byte for byte what it does not touch",
        arguments: [
            (#"[{"op":"replace","path":"/b","value":2.50}]"#, #"{"a":1.00,"b":2.50,"c":[1e0,2,"A"]}"#),
            (#"[{"op":"add","path":"/c/1","value":9}]"#, #"{"a":1.00,"b":0,"c":[1e0,9,2,"A"]}"#),
            (#"[{"op":"add","path":"/c/-","value":9}]"#, #"{"a":1.00,"b":0,"c":[1e0,2,"A",9]}"#),
            (#"[{"op":"remove","path":"/c/0"}]"#, #"{"a":1.00,"b":0,"c":[2,"A"]}"#),
            (#"[{"op":"remove","path":"/a"}]"#, #"{"b":0,"c":[1e0,2,"A"]}"#),
            (#"[{"op":"move","from":"/a","path":"/c/0"}]"#, #"{"b":0,"c":[1.00,1e0,2,"A"]}"#),
            (#"[{"op":"copy","from":"/a","path":"/d"}]"#, #"{"a":1.00,"b":0,"c":[1e0,2,"A"],"d":1.00}"#),
            (
                #"[{"op":"add","path":"/a","value":[]},{"op":"add","path":"/a/0","value":{}}]"#,
                #"{"a":[{}],"b":0,"c":[1e0,2,"A"]}"#
            ),
            (
                #"[{"op":"test","path":"/a","value":1},{"op":"test","path":"/c","value":[1,2.0,"A"]}]"#,
                #"{"a":1.00,"b":0,"c":[1e0,2,"A"]}"#
            ),
        ])
    func keeps(patch: String, expected: String) throws {
        #expect(try Self.patched(#"{"a":1.00,"b":0,"c":[1e0,2,"A"]}"#, patch) == expected)
    }

    @Test(
        "refuses what does not fit the document, and names the operation",
        arguments: [
            #"[{"op":"remove","path":"/x"}]"#, #"[{"op":"replace","path":"/x","value":1}]"#,
            #"[{"op":"add","path":"/x/y","value":1}]"#, #"[{"op":"add","path":"/c/9","value":1}]"#,
            #"[{"op":"add","path":"/c/01","value":1}]"#, #"[{"op":"add","path":"/a/0","value":1}]"#,
            #"[{"op":"copy","from":"/x","path":"/y"}]"#, #"[{"op":"remove","path":""}]"#,
            #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"test","path":"/a","value":"1"}]"#,
        ])
    func unfitting(patch: String) throws {
        let error = try #require(throws: JSONPatchError.self) {
            try Self.patched(#"{"a":1,"c":[1]}"#, patch)
        }
        #expect(error.kind != .malformed)
        #expect(error.operation == 0)
    }

    @Test(
        "refuses what is no patch",
        arguments: [
            "{}", "[1]", "[{}]", #"[{"op":"add","path":"/a"}]"#, #"[{"op":"grow","path":"/a"}]"#,
            #"[{"op":"remove","path":"a"}]"#, #"[{"op":"remove","path":"/a~2"}]"#, #"[{"op":"remove","path":"/a~"}]"#,
            #"[{"op":"move","from":"/a","path":"/a/b"}]"#, #"[{"op":"remove","path":7}]"#,
        ])
    func malformed(patch: String) throws {
        let error = try #require(throws: JSONPatchError.self) { try Self.patched("{}", patch) }
        #expect(error.kind == .malformed)
    }

    @Test("compares numbers by value and objects in any order")
    func equality() throws {
        func same(_ one: String, _ other: String) throws -> Bool {
            try JSONDocument(parsing: Array(one.utf8)).root.isEqualJSON(
                to: JSONDocument(parsing: Array(other.utf8)).root)
        }
        #expect(try same("1.50", "15e-1"))
        #expect(try same("0", "-0.0"))
        #expect(try same("100", "1E+2"))
        #expect(try !same("1", "-1"))
        #expect(try !same("10000000000000000001", "10000000000000000002"))
        #expect(try same(#"{"a":1,"b":[2]}"#, #"{"b":[2.0],"a":1}"#))
        #expect(try !same(#"{"a":1}"#, #"{"a":1,"b":2}"#))
        #expect(try same(#""\u0041""#, #""A""#))
    }

    @Test(
        "passes the published cases",
        .enabled(if: !Suites.files("patch-and-graphql/patch").isEmpty, "the folder of real inputs is not here"))
    func published() throws {
        let text = try Suites.bytes("patch-and-graphql/patch/json-patch-tests.json")
        for test in try JSONDocument(parsing: text).root.elements {
            let comment = test["comment"]?.string ?? ""
            let document = try JSONDocument(parsing: #require(test["doc"]).compactText())
            let patch = try JSONPatch(JSONDocument(parsing: #require(test["patch"]).compactText()))
            if let expected = test["expected"] {
                let result = try patch.applied(to: document)
                #expect(result.root.isEqualJSON(to: expected), "\(comment)")
            } else {
                #expect(throws: JSONPatchError.self, "\(comment)") { try patch.applied(to: document) }
            }
        }
    }
}
