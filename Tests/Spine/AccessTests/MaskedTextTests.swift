import Access
import FHIR
import JSON
import Testing

/// The display table of GB/T 39725-2020, section 10.2, on single values.
@Suite("Masked values")
struct MaskedTextTests {
    /// A Patient with one value, masked, and the value that came out.
    static func masked(_ member: String, _ path: String...) throws -> String? {
        let text = #"{"resourceType":"Patient","id":"1",\#(member)}"#
        let document = try JSONDocument(parsing: Array(text.utf8))
        let bytes = try #require(Masker(try Definitions.r4()).masked(document.root, .masked, now: Situation.now))
        var node: JSONNode? = try JSONDocument(parsing: bytes).root
        for step in path { node = Int(step).map { node?[$0] } ?? node?[JSONKey(step)] }
        return node?.string
    }

    @Test(
        "names keep the family name and the last character",
        arguments: [
            ("张三", "张*"), ("张小三", "张*三"), ("欧阳修", "欧阳*"), ("欧阳娜娜", "欧阳*娜"), ("司马 相如", "司马*如"),
            ("陈王小明", "陈**明"), ("欧阳", "欧*"), ("张", "张*"), ("买买提·艾合买提", "买**·***提"),
            ("阿依努尔•吐尔逊", "阿**·***逊"), ("John Smith", "J*** S***"), ("ANNA KATHARINA MÜLLER", "A*** K*** M***"),
            ("李Ann", "李***"), ("𠮷野家", "𠮷*家"),
        ])
    func names(name: String, shown: String) throws {
        #expect(try Self.masked(#""name":[{"text":"\#(name)"}]"#, "name", "0", "text") == shown)
    }

    @Test("names in parts are masked part by part")
    func parts() throws {
        let name = #""name":[{"family":"诸葛","given":["孔明"],"text":"诸葛孔明"}]"#
        #expect(try Self.masked(name, "name", "0", "family") == "诸葛")
        #expect(try Self.masked(name, "name", "0", "given", "0") == "*明")
        #expect(try Self.masked(name, "name", "0", "text") == "诸葛*明")
        let foreign = #""name":[{"family":"Okafor","given":["Chidi"]}]"#
        #expect(try Self.masked(foreign, "name", "0", "family") == "O***")
        #expect(try Self.masked(foreign, "name", "0", "given", "0") == "C***")
    }

    @Test(
        "numbers of papers keep the first and the last character",
        arguments: [
            ("11010519491231002X", "1****************X"), ("330106198001010011", "3****************1"),
            ("E12345678", "E*******8"), ("H0123456700", "H*********0"), ("C123456(9)", "C********)"),
            ("ABC123456789012", "A*************2"), ("12", "**"),
        ])
    func numbers(number: String, shown: String) throws {
        #expect(try Self.masked(#""identifier":[{"value":"\#(number)"}]"#, "identifier", "0", "value") == shown)
    }

    @Test(
        "phones keep three and four digits of eleven",
        arguments: [
            ("phone", "13812341234", "138****1234"), ("phone", "+86 13812341234", "+86 138****1234"),
            ("phone", "138-1234-1234", "138-****-1234"), ("phone", "0571-87654321", "057*-****4321"),
            ("phone", "87654321", "****4321"), ("phone", "12345", "***45"),
            ("email", "zhang.san@example.cn", "z***@example.cn"),
            ("other", "wechat-id", "***"),
        ])
    func phones(system: String, value: String, shown: String) throws {
        let member = #""telecom":[{"system":"\#(system)","value":"\#(value)"}]"#
        #expect(try Self.masked(member, "telecom", "0", "value") == shown)
    }

    @Test(
        "addresses end at the street",
        arguments: [
            ("北山街道宝石山下一弄12号", "北山街道"), ("浙江省杭州市西湖区北山街道12号", "浙江省杭州市西湖区北山街道"),
            ("塘栖镇广济路3号", "塘栖镇"), ("文三路478号华星大厦", "文三路"), ("12 Main St", "***"),
        ])
    func addresses(line: String, shown: String) throws {
        #expect(try Self.masked(#""address":[{"line":["\#(line)"]}]"#, "address", "0", "line", "0") == shown)
        #expect(try Self.masked(#""address":[{"text":"\#(line)"}]"#, "address", "0", "text") == shown)
    }

    @Test("birth dates keep the year, of the very old not even that")
    func birthDates() throws {
        #expect(try Self.masked(#""birthDate":"1980-05-06""#, "birthDate") == "1980")
        #expect(try Self.masked(#""birthDate":"1936-11-23""#, "birthDate") == "1936")
        #expect(try Self.masked(#""birthDate":"1936-11-22""#, "birthDate") == nil)
        #expect(
            try Self.masked(#""birthDate":"1930-01-01""#, "_birthDate", "extension", "1", "valueString") == "90+")
    }

    @Test(
        "free text loses numbers, phones, mail addresses and announced names",
        arguments: [
            ("身份证11010519491231002X，电话13812341234。", "身份证1****************X，电话138****1234。"),
            ("姓名：欧阳娜娜，女", "姓名：欧阳*娜，女"), ("患者张三，男，45岁", "患者张*，男，45岁"),
            ("联系人 王小明(父)", "联系人 王*明(父)"), ("患者自诉头痛3天", "患者自诉头痛3天"), ("患者于昨日出现发热", "患者于昨日出现发热"),
            ("护照E12345678", "护照E*******8"), ("电话：１３８１２３４１２３４", "电话：138****1234"),
            ("血压120/80mmHg，批号20230115", "血压120/80mmHg，批号20230115"), ("致函 a.b@c.cn", "致函 a***@c.cn"),
            ("姓名：买买提·艾合买提，男", "姓名：买**·***提，男"), ("李小龙来诊", "李*龙来诊"),
        ])
    func freeText(text: String, shown: String) throws {
        let member =
            #""name":[{"text":"李小龙"}],"extension":[{"url":"urn:note","valueString":"\#(text)"}]"#
        #expect(try Self.masked(member, "extension", "0", "valueString") == shown)
    }
}
