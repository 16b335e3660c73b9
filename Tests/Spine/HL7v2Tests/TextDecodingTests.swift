import HL7v2
import Testing

@Suite("Character sets (HL7 table 0211)")
struct TextDecodingTests {
    private func text(_ charset: String, name: String = "张三丰") -> String {
        "MSH|^~\\&|医院|330106001|||20261122||ADT^A01|1|P|2.5||||||\(charset)\rPID|1||1||\(name)"
    }

    @Test(
        "are read as MSH-18 says",
        arguments: ["UNICODE UTF-8", "UTF-8", "", "GB 18030-2000", "GB18030", "GBK", "GB2312", "BIG-5", "EUC-JP"])
    func announced(_ name: String) throws {
        let charset = name.isEmpty ? Charset.utf8 : try #require(Charset(name))
        // 丰 and 医 have traditional forms; Big5 and Japanese sets hold the characters that all share.
        let text = text(name, name: "林中山").replacing("医院", with: "中山")
        let bytes = try #require(charset.encode(Array(text.utf8)))
        let decoded = TextDecoding().decode(bytes)
        #expect(String(decoding: decoded.text, as: UTF8.self) == text)
        #expect(decoded.charset == charset)
        #expect(decoded.faults == [])
    }

    @Test("with bytes that look like delimiters don't mislead")
    func trailBytes() throws {
        let marks: [UInt8] = [0x7C, 0x5E, 0x7E, 0x5C]
        let bytes = (UInt8(0xB0)...0xF7).flatMap { lead in marks.flatMap { [lead, $0] } }
        let found = Array(String(decoding: try #require(Charset.gb18030.decode(bytes)), as: UTF8.self))
        #expect(found.count > 100)
        for start in stride(from: 0, to: found.count, by: 40) {
            let name = String(found[start..<min(start + 40, found.count)])
            let text = text("GB18030", name: name).replacing("医院", with: name)
            let decoded = TextDecoding().decode(try #require(Charset.gb18030.encode(Array(text.utf8))))
            #expect(String(decoding: decoded.text, as: UTF8.self) == text)
        }
    }

    @Test("announced wrongly are found out, with a warning")
    func announcedWrongly() throws {
        let asGB = try #require(Charset.gb18030.encode(Array(text("UNICODE UTF-8").utf8)))
        let one = TextDecoding().decode(asGB)
        #expect(one.charset == .gb18030)
        #expect(one.faults.map(\.severity) == [.warning])
        #expect(String(decoding: one.text, as: UTF8.self) == text("UNICODE UTF-8"))
        let two = TextDecoding().decode(Array(text("GB18030").utf8))
        #expect(two.charset == .utf8)
        #expect(two.faults.map(\.severity) == [.warning])
        let three = TextDecoding().decode(Array(text("KLINGON").utf8))
        #expect(three.charset == .utf8)
        #expect(three.faults.map(\.severity) == [.warning])
    }

    @Test("are told by a byte order mark, which is taken away")
    func marks() throws {
        let plain = text("")
        let one = TextDecoding().decode([0xEF, 0xBB, 0xBF] + Array(plain.utf8))
        #expect(String(decoding: one.text, as: UTF8.self) == plain)
        let wide = try #require(Charset("UTF-16LE")?.encode(Array(plain.utf8)))
        let two = TextDecoding().decode([0xFF, 0xFE] + wide)
        #expect(String(decoding: two.text, as: UTF8.self) == plain)
    }

    @Test("that nothing explains leave the rest readable")
    func hopeless() {
        let decoded = TextDecoding().decode(Array("MSH|^~\\&|A\rPID|1||".utf8) + [0xFF, 0xFF, 0x41])
        #expect(String(validating: decoded.text, as: UTF8.self) != nil)
        #expect(decoded.faults.count == 1)
    }

    @Test(
        "know the names that senders use",
        arguments: [
            ("8859/1", "ISO-8859-1"), ("8859/15", "ISO-8859-15"), ("ISO IR87", "ISO-2022-JP"), ("ASCII", "UTF-8"),
            ("CP936", "GB18030"), ("utf8", "UTF-8"), ("gb2312", "GB18030"),
        ])
    func names(_ given: String, _ name: String) {
        #expect(Charset(given)?.name == name)
    }
}
