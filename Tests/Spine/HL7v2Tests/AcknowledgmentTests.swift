import HL7v2
import Testing

@Suite("Acknowledgments (HL7 v2.8, chapter 2.9)")
struct AcknowledgmentTests {
    private let occasion = Acknowledgment.Occasion(time: "20261122", controlID: "R1")
    private let bad = [
        Fault(.error, .requiredFieldMissing, Fault.Place("PID", field: 3), "PID-3 is empty", hint: "send an identifier")
    ]
    private let unsupported = [
        Fault(.error, .unsupportedMessageType, Fault.Place("MSH", field: 9), "no mapping", hint: "send ADT")
    ]

    private func header(_ version: String, accept: String = "", application: String = "") throws -> MessageHeader {
        let text = "MSH|^~\\&|HIS|H1|HB|H2|20261122||ADT^A01^ADT_A01|C1|P|\(version)|||\(accept)|\(application)"
        return MessageHeader(try #require(MessageParser().parse(Array(text.utf8)).message))
    }

    private func segments(_ reply: Acknowledgment.Reply?) throws -> [String] {
        String(decoding: try #require(reply).bytes, as: UTF8.self).split(separator: "\r").map { String($0) }
    }

    @Test("in original mode answer once, for the application")
    func original() throws {
        let acknowledgment = Acknowledgment(to: try header("2.5"))
        #expect(acknowledgment.reply(.accept, faults: [], on: occasion) == nil)
        #expect(acknowledgment.reply(.application, faults: [], on: occasion)?.code == "AA")
        #expect(acknowledgment.reply(.application, faults: bad, on: occasion)?.code == "AE")
        #expect(acknowledgment.reply(.application, faults: unsupported, on: occasion)?.code == "AR")
    }

    @Test("swap sender and receiver, and name the message they answer")
    func contents() throws {
        let segments = try segments(Acknowledgment(to: header("2.5")).reply(.application, faults: [], on: occasion))
        #expect(segments == ["MSH|^~\\&|HB|H2|HIS|H1|20261122||ACK^A01^ACK|R1|P|2.5", "MSA|AA|C1"])
    }

    @Test(
        "in enhanced mode keep to MSH-15 and MSH-16",
        arguments: [
            ("AL", "AL", true, "CA", "AA"), ("NE", "AL", true, nil, "AA"), ("ER", "", true, nil, nil),
            ("SU", "NE", true, "CA", nil), ("ER", "ER", false, "CE", "AE"), ("AL", "SU", false, "CE", nil),
        ] as [(String, String, Bool, String?, String?)])
    func enhanced(_ accept: String, _ application: String, _ isGood: Bool, _ first: String?, _ second: String?) throws {
        let acknowledgment = Acknowledgment(to: try header("2.5", accept: accept, application: application))
        let faults = isGood ? [] : bad
        #expect(acknowledgment.reply(.accept, faults: faults, on: occasion)?.code == first)
        #expect(acknowledgment.reply(.application, faults: faults, on: occasion)?.code == second)
    }

    @Test("tell the place and reason of an error as the version does")
    func errors() throws {
        let new = try segments(Acknowledgment(to: header("2.5.1")).reply(.application, faults: bad, on: occasion))
        #expect(new[2] == "ERR||PID^1^3^1|101^Required field missing^HL70357|E|||PID-3 is empty|send an identifier")
        let old = try segments(Acknowledgment(to: header("2.3")).reply(.application, faults: bad, on: occasion))
        #expect(old[2] == "ERR|PID^1^3^101&PID-3 is empty&HL70357")
        #expect(old[1].hasPrefix("MSA|AE|C1|error 101 at PID-3"))
    }

    @Test("are written in the character set of the message")
    func charset() throws {
        var header = try header("2.5")
        header.sendingApplication = "医院"
        let reply = Acknowledgment(to: header, charset: .gb18030).reply(.application, faults: [], on: occasion)
        let bytes = try #require(reply).bytes
        #expect(Charset.gb18030.decode(bytes).map { String(decoding: $0, as: UTF8.self).contains("医院") } == true)
    }
}
