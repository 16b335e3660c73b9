import HL7v2
import Mapping
import Testing

@Suite("Tables in text files")
struct DelimitedTextTests {
    private static let table = "姓名,性别,出生日期\n张三,1,19491231\n李四,2,19500101\n"

    @Test("are read in the character set they stand in", arguments: ["UTF-8", "GB18030", "UTF-16LE"])
    func charsets(_ name: String) throws {
        let charset = try #require(Charset(name))
        let bytes = try #require(charset.encode(Array(Self.table.utf8)))
        let text = DelimitedText((name == "UTF-16LE" ? [0xFF, 0xFE] : []) + bytes)
        #expect(text.form == .init(charset: charset, delimiter: 0x2C, hasHeader: true))
        #expect(text.header == ["姓名", "性别", "出生日期"])
        #expect(text.rows.map(\.fields) == [["张三", "1", "19491231"], ["李四", "2", "19500101"]])
    }

    @Test("are cut at the character that makes equal rows", arguments: [",", "\t", ";", "|"])
    func delimiters(_ delimiter: String) {
        let text = DelimitedText(Array("id,名 称\n1,\"a,b\"\n2,c\n".replacing(",", with: delimiter).utf8))
        #expect(text.form.delimiter == delimiter.utf8.first)
        #expect(text.rows.map(\.fields) == [["1", "a\(delimiter)b"], ["2", "c"]])
        #expect(text.column("名称") == 1)
    }

    @Test("without names of columns get numbers")
    func noHeader() {
        let text = DelimitedText(Array("1,20260101\n2,20260102\n".utf8))
        #expect(!text.form.hasHeader)
        #expect(text.header == ["column 1", "column 2"])
        #expect(text.rows.count == 2)
    }

    @Test("keep quoted line ends and quotation marks, and count lines")
    func quotes() {
        let text = DelimitedText(Array("a,b\r\n\"x\ny\",\"say \"\"hi\"\"\"\r\n\r\nz,1".utf8))
        #expect(text.rows == [.init(line: 2, fields: ["x\ny", "say \"hi\""]), .init(line: 5, fields: ["z", "1"])])
    }

    @Test("tell rows of another length and quotation marks that never close")
    func faults() {
        let text = DelimitedText(Array("a,b\n1,2\n3\n4,\"5".utf8))
        #expect(text.faults.count == 2)
        #expect(!text.faults.refuses)
    }

    @Test("are read as a person has confirmed")
    func confirmed() {
        let form = DelimitedText.Form(charset: .utf8, delimiter: 0x3B, hasHeader: false)
        #expect(DelimitedText(Array("a,b;c".utf8), form: form).rows.map(\.fields) == [["a,b", "c"]])
    }

    @Test("of any bytes are read without breaking", arguments: 0..<200 as Range<UInt64>)
    func survives(seed: UInt64) {
        var state = seed
        let bytes = (0..<Int(seed)).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return [0x2C, 0x22, 0x0A, 0x0D, 0x09, UInt8(truncatingIfNeeded: state >> 33)][Int(state >> 40) % 6]
        }
        let text = DelimitedText(bytes)
        #expect(text.rows.allSatisfy { !$0.fields.isEmpty })
    }

    @Test("tell when rows are left behind", arguments: [(2, true), (3, true), (4, false), (5, false)])
    func cut(max: Int, isCut: Bool) {
        let text = DelimitedText(Array("id,day\n1,20260101\n2,20260102\n3,20260103\n\r\n".utf8), rowsMax: max)
        #expect(text.form.hasHeader)
        #expect(text.rows.count == min(max, 4) - 1)
        #expect(text.faults.contains { $0.what.contains("weren't read") } == isCut, "\(text.faults)")
    }
}
