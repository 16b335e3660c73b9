import HL7v2
import Testing

/// Messages of these tests are made up.
private func message(_ text: String) -> MessageParser.Result {
    MessageParser().parse(Array(text.replacing("\n", with: "\r").utf8))
}

@Suite("Messages (HL7 v2.8, chapter 2)")
struct MessageTests {
    private let text = """
        MSH|^~\\&|HIS|330106001|HB|HB|20261122083000||ADT^A01^ADT_A01|C1|P|2.5
        PID|1||0001^^^HIS&1.2.3&ISO^MR~11010519491231002X^^^^NNCHN||张^三|""|19491231
        ZPI|local^data
        """

    @Test("finds segments, fields, repetitions, components and subcomponents")
    func parts() throws {
        let message = try #require(message(text).message)
        #expect(message.segmentNames.map(\.description) == ["MSH", "PID", "ZPI"])
        #expect(message.value(0, 1) == .text("|"))
        #expect(message.value(0, 2) == .text("^~\\&"))
        #expect(message.value(0, 9, component: 2) == .text("A01"))
        #expect(message.repetitionCount(1, 3) == 2)
        #expect(message.value(1, 3, component: 4, subcomponent: 2) == .text("1.2.3"))
        #expect(message.value(1, 3, repetition: 2) == .text("11010519491231002X"))
        #expect(message.text("PID", 5) == "张")
    }

    @Test("tells the explicit null from what is absent")
    func null() throws {
        let message = try #require(message(text).message)
        #expect(message.value(1, 6) == .null)
        #expect(message.value(1, 8) == .absent)
        #expect(message.value(1, 400) == .absent)
    }

    @Test("keeps segments that the sender made up")
    func local() throws {
        let message = try #require(message(text).message)
        #expect(message.segmentNames[2].isLocal)
        #expect(message.value(2, 1, component: 2) == .text("data"))
    }

    @Test("takes every kind of line end", arguments: ["\r", "\n", "\r\n", "\r\r", "\n\n"])
    func terminators(_ end: String) throws {
        let result = MessageParser().parse(Array("MSH|^~\\&|A\(end)PID|1\(end)PV1|1|I\(end)".utf8))
        #expect(try #require(result.message).segmentNames.map(\.description) == ["MSH", "PID", "PV1"])
        #expect(result.faults == [])
    }

    @Test("keeps a line feed inside a value where segments end with returns, and says so")
    func lineFeedInValue() throws {
        let result = MessageParser().parse(Array("MSH|^~\\&|A\rOBX|1|TX|||one\ntwo|x\rNTE|1".utf8))
        let message = try #require(result.message)
        #expect(message.segmentCount == 3)
        #expect(message.value(1, 5) == .text("one\ntwo"))
        #expect(message.value(1, 6) == .text("x"))
        #expect(result.faults.map(\.severity) == [.warning])
    }

    @Test("takes the delimiters that MSH names", arguments: ["|^~\\&", "#^~\\&", "|$~\\@", "|^~\\&#"])
    func delimiters(_ marks: String) throws {
        let all = Array(marks)
        let result = message("MSH\(marks)\(all[0])A\nPID\(all[0])1\(all[0])\(all[0])x\(all[1])y\(all[4])z")
        #expect(try #require(result.message).value(1, 3, component: 2, subcomponent: 2) == .text("z"))
    }

    @Test("reads an escape character that stands twice in MSH-2 once, with a warning")
    func doubledEscape() throws {
        let result = message("MSH|^~\\\\&|A\nPID|1||x^y&z")
        #expect(try #require(result.message).value(1, 3, component: 2, subcomponent: 2) == .text("z"))
        #expect(result.faults.map(\.severity) == [.warning])
    }

    @Test(
        "refuses what has no usable header, and says why",
        arguments: ["", "M", "MSH", "PID|1", "MSH|^^~\\&|A", "MSHA^~\\&|", "msh|^~\\&|"])
    func noHeader(_ text: String) {
        let result = message(text)
        #expect(result.message == nil)
        #expect(result.faults.refuses)
    }

    @Test("refuses a line that begins with no segment's name, naming the line")
    func noSegment() {
        let result = message("MSH|^~\\&|A\nMPID|1")
        #expect(result.faults.map(\.description).first?.contains("line 2") == true)
        #expect(result.faults.refuses)
    }

    @Test("keeps to its limits")
    func limits() {
        var limits = V2Limits()
        limits.segmentsMax = 3
        limits.messageBytesMax = 100
        let parser = MessageParser(limits: limits)
        #expect(parser.parse(Array("MSH|^~\\&|A\rA01\rA02\rA03\rA04".utf8)).message == nil)
        #expect(parser.parse(Array(("MSH|^~\\&|" + String(repeating: "x", count: 200)).utf8)).message == nil)
    }

    @Test("reads the header")
    func header() throws {
        let header = MessageHeader(try #require(message(text).message))
        #expect(header.kind == "ADT^A01")
        #expect(header.sendingFacility == "330106001")
        #expect(header.controlID == "C1")
        #expect(!header.isEnhanced)
        #expect(header.faults() == [])
    }

    @Test(
        "says what a header lacks",
        arguments: [
            ("MSH|^~\\&|A|||||||C|P|2.5", Fault.Code.requiredFieldMissing, true),
            ("MSH|^~\\&|A||||||ADT^A01||P|2.5", .requiredFieldMissing, false),
            ("MSH|^~\\&|A||||||ADT^A01|C|P|", .requiredFieldMissing, false),
            ("MSH|^~\\&|A||||||ADT^A01|C|P|3.0", .unsupportedVersion, true),
        ])
    func headerFaults(_ text: String, _ code: Fault.Code, _ refuses: Bool) throws {
        let faults = MessageHeader(try #require(message(text).message)).faults()
        #expect(faults.map(\.code) == [code])
        #expect(faults.refuses == refuses)
    }
}
