import JSON
import Testing

@Suite("Keys")
struct JSONKeyTests {
    @Test("of every length and every single change hash the same only when they are the same")
    func hashes() {
        var seen: [UInt32: String] = [:]
        var collisions = 0
        for length in 0...40 {
            for place in 0..<max(length, 1) {
                var letters = Array(repeating: UInt8(ascii: "a"), count: length)
                if length > 0 { letters[place] = UInt8(ascii: "b") }
                let key = JSONKey(String(decoding: letters, as: UTF8.self))
                let again = letters.withUnsafeBufferPointer { keyHash($0) }
                #expect(key.hash == again)
                if let other = seen[key.hash], other != key.string { collisions += 1 }
                seen[key.hash] = key.string
            }
        }
        #expect(collisions == 0)
    }

    @Test("written in the program and made from a text are the same keys")
    func literals() throws {
        let written: [JSONKey] = ["", "a", "é", "id", "resourceType", "effectiveDateTime", "eight888", "九个字的钥匙也一样长"]
        let made = ["", "a", "é", "id", "resourceType", "effectiveDateTime", "eight888", "九个字的钥匙也一样长"]
        #expect(
            written == made.map { JSONKey($0) } && written.map(\.string) == made && Set(written).count == made.count)
        for (place, key) in written.enumerated() {
            let document = try JSONDocument(parsing: Array(#"{"x":0,"\#(made[place])":1}"#.utf8))
            #expect(document.root[key]?.integer == 1 && document.root[JSONKey(made[place])]?.integer == 1)
            #expect(document.root[JSONKey(made[place] + "b")] == nil)
        }
    }
}
