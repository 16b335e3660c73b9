import JSON
import Testing

@Suite("Edits of a document")
struct JSONEditsTests {
    private func edited(_ text: String, _ edit: (inout JSONEdits, JSONNode) -> Void) throws -> String {
        let document = try document(text)
        var edits = JSONEdits()
        edit(&edits, document.root)
        let result = edits.applied(to: document)
        _ = try JSONDocument(parsing: result)
        return String(decoding: result, as: UTF8.self)
    }

    private func json(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("leave the text as it is when there are none")
    func none() throws {
        #expect(try edited("{ }") { _, _ in } == "{ }")
    }

    @Test("set, append, put first and remove members")
    func members() throws {
        let result = try edited(#"{"a":1, "b" : [2], "c":3}"#) { edits, root in
            edits.setMember("b", of: root, to: json("9"))
            edits.setMember("d", of: root, to: json("4"))
            edits.setMember("e", of: root, to: json("5"))
            edits.insertFirstMember("z", of: root, rawJSON: json("0"))
            edits.removeMember("a", of: root)
            edits.removeMember("missing", of: root)
        }
        #expect(result == #"{"z":0,"b" : 9, "c":3,"d":4,"e":5}"#)
    }

    @Test("reach into an object within an edited object")
    func nested() throws {
        let result = try edited(#"{"meta":{"tag":[]},"id":"x"}"#) { edits, root in
            guard let meta = root["meta"] else { return }
            edits.insertFirstMember("versionId", of: meta, rawJSON: json("\"1\""))
            edits.setMember("lastUpdated", of: meta, to: json("\"t\""))
            edits.removeMember("id", of: root)
            edits.insertFirstMember("id", of: root, rawJSON: json("\"y\""))
        }
        #expect(result == #"{"meta":{"versionId":"1","tag":[],"lastUpdated":"t"},"id":"y"}"#)
    }

    @Test("inside a value that goes away have no effect")
    func inside() throws {
        let result = try edited(#"{"a":{"b":1},"c":{"d":2}}"#) { edits, root in
            guard let a = root["a"], let c = root["c"] else { return }
            edits.setMember("x", of: a, to: json("1"))
            edits.setMember("x", of: c, to: json("1"))
            edits.replace(a, with: json("null"))
            edits.removeMember("c", of: root)
        }
        #expect(result == #"{"a":null}"#)
    }

    @Test("agree with a slow reference on random objects", arguments: 0..<200 as Range<UInt64>)
    func reference(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let space = Bool.random(using: &generator) ? " " : ""
        var expected = (0..<Int.random(in: 0...5, using: &generator)).map { ("k\($0)", String($0)) }
        let text = "{\(space)" + expected.map { "\"\($0)\":\($1)" }.joined(separator: ",\(space)") + "\(space)}"
        let document = try document(text)
        var edits = JSONEdits()
        let original = Set(expected.map(\.0))
        for step in 0..<Int.random(in: 0...6, using: &generator) {
            let key = "k\(Int.random(in: 0...7, using: &generator))"
            let value = String(100 + step)
            let place = expected.firstIndex { $0.0 == key }
            switch Int.random(in: 0...2, using: &generator) {
            case 0:
                if let place { expected.remove(at: place) }
                edits.removeMember(key, of: document.root)
            case _ where original.contains(key):
                // Kept in its place, even after a removal, since the later call wins.
                if place == nil {
                    let before = original.filter { $0 < key }
                    let index = expected.lastIndex { before.contains($0.0) }.map { $0 + 1 } ?? 0
                    expected.insert((key, value), at: index)
                } else if let place {
                    expected[place].1 = value
                }
                edits.setMember(key, of: document.root, to: Array(value.utf8))
            default:
                if let place { expected.remove(at: place) }
                expected.append((key, value))
                edits.setMember(key, of: document.root, to: Array(value.utf8))
            }
        }
        let result = try JSONDocument(parsing: edits.applied(to: document))
        #expect(result.root.members.map { $0.key.string } == expected.map(\.0))
        #expect(result.root.members.map { $0.value.numberText } == expected.map(\.1))
    }
}
