import JSON
import Testing

/// Places see what nodes see.
@Suite("JSON places")
struct JSONPlaceTests {
    private static let text = #"""
        {"a":1,"b\u0063":"x\ty","list":[true,null,-12,123456789012345678901,1.5],"o":{"a":"汉"},"":[]}
        """#

    @Test("read the same values as nodes, all over a document")
    func values() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        func check(_ node: JSONNode) {
            let place = JSONPlace(node)
            #expect(place.kind == node.kind)
            #expect(place.count == node.count)
            #expect(place.string == node.string)
            #expect(place.integer == node.integer)
            #expect(place.node.identity == node.identity)
            #expect(place.elements.map(\.identity).elementsEqual(node.elements.map { Int32($0.identity) }))
            for (member, pair) in zip(place.members, node.members) {
                #expect(member.key.string == pair.key.string)
                #expect(member.value.identity == Int32(pair.value.identity))
                #expect(place.member(like: member)?.identity == member.value.identity)
                #expect(place[JSONKey(pair.key.string ?? "")]?.identity == member.value.identity)
                #expect(place[JSONFixedKey(pair.key.string ?? "")]?.identity == member.value.identity)
                check(pair.value)
            }
            node.elements.forEach(check)
        }
        check(document.root)
    }

    @Test("find nothing where there is nothing")
    func absence() throws {
        let document = try JSONDocument(parsing: Array(Self.text.utf8))
        let root = JSONPlace(document.root)
        #expect(root["c" as JSONFixedKey] == nil)
        #expect(root[0] == nil)
        let list = try #require(root["list" as JSONFixedKey])
        #expect(list[4]?.node.numberText == "1.5")
        #expect(list[5] == nil)
        #expect(list[-1] == nil)
        #expect(list["a" as JSONFixedKey] == nil)
        #expect(list[0]?.members.map(\.keyHash) == [])
    }

    @Test("compare characters, however they are escaped")
    func characters() throws {
        let document = try JSONDocument(parsing: Array(##"["a\u0062","ab","abc","",1,1.0]"##.utf8))
        let values = Array(JSONPlace(document.root).elements)
        #expect(values[0].hasSameCharacters(as: values[1]))
        #expect(!values[1].hasSameCharacters(as: values[2]))
        #expect(values[0].equals("ab"))
        #expect(values[3].equals(""))
        #expect(!values[4].equals("1"))
        #expect(!values[4].hasSameCharacters(as: values[5]))
    }
}
