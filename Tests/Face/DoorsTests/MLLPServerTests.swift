import Doors
import Edge
import HL7v2
import NIOCore
import ServiceLifecycle
import Testing

@Suite("The MLLP door")
struct MLLPServerTests {
    @Test("keeps a message before it says so, and tells the inbox who sent it")
    func keeps() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            inbox.hold()
            let client = try await DoorClient(addresses[0])
            try await client.send(message("M1"))
            try await until { inbox.asked == 1 }
            #expect(inbox.arrivals.isEmpty)
            inbox.release()
            let reply = await client.reply()
            #expect(codes(reply) == ["AA M1"])
            #expect(reply?.hasPrefix("MSH|^~\\&|HB|CITY|HIS|330106001|") == true)
            let arrival = try #require(inbox.arrivals.first)
            #expect(arrival.bytes == Array(message("M1").utf8))
            #expect(arrival.sender == "330106001")
            #expect(arrival.peer == "127.0.0.1")
            #expect(arrival.refusal == nil)
        }
    }

    @Test("answers many frames of one packet in their order")
    func pipelined() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            try await client.send((0..<500).flatMap { MLLPFrames.framed(Array(message("M\($0)").utf8)) })
            for number in 0..<500 { #expect(codes(await client.reply()) == ["AA M\(number)"]) }
            #expect(inbox.arrivals.count == 500)
        }
    }

    @Test("answers a message that comes byte by byte, without a carriage return after its end")
    func slowly() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            for byte in [UInt8(0x0B)] + Array(message("M1").utf8) + [0x1C] { try await client.send([byte]) }
            #expect(codes(await client.reply()) == ["AA M1"])
        }
    }

    @Test(
        "answers in the mode that the sender asks for",
        arguments: [
            ("AL", "NE", "CA"), ("AL", "AL", "CA"), ("NE", "AL", "AA"), ("", "AL", "AA"), ("SU", "", "CA"),
            ("ER", "AL", "AA"),
        ])
    func modes(accept: String, application: String, code: String) async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(
                codes(try await client.ask(message("M1", accept: accept, application: application))) == ["\(code) M1"])
        }
    }

    @Test("answers nothing where the sender wants nothing", arguments: [("NE", "NE"), ("ER", "ER"), ("NE", "")])
    func silence(accept: String, application: String) async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            try await client.send(message("M1", accept: accept, application: application))
            #expect(codes(try await client.ask(message("M2"))) == ["AA M2"])
            #expect(inbox.arrivals.count == 2)
        }
    }

    @Test(
        "keeps what nobody can work on yet, and says so",
        arguments: [
            (Fault.Code.unsupportedEventCode, "", "AR"), (.unsupportedEventCode, "AL", "CR"),
            (.segmentSequence, "", "AE"), (.segmentSequence, "AL", "CA"),
        ])
    func hindered(code: Fault.Code, accept: String, answer: String) async throws {
        let inbox = MemoryInbox()
        inbox.hinder([Fault(.error, code, "no mapping is there", hint: "add one")])
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let reply = try await client.ask(message("M1", accept: accept))
            #expect(codes(reply) == ["\(answer) M1"])
            #expect(reply?.contains("no mapping is there") == (answer != "CA"))
        }
        // It is to be worked on, so that it comes to the shelf with its reason and waits for a mapping there.
        #expect(inbox.arrivals.map(\.refusal) == [nil])
    }

    @Test("has the sender try again while the inbox can't keep it", arguments: [("", "AE"), ("AL", "CE")])
    func busy(accept: String, code: String) async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        try await withDoor(inbox, counters: counters) { addresses, _ in
            inbox.refuse(.busy(reason: "the inbox of 330106001 is full", retrySeconds: 7))
            let client = try await DoorClient(addresses[0])
            let reply = try await client.ask(message("M1", accept: accept))
            #expect(codes(reply) == ["\(code) M1"])
            #expect(reply?.contains("again in 7 seconds") == true)
            inbox.refuse(nil)
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
        }
        #expect(counters.snapshot.refused[.busy] == 1)
    }

    @Test("keeps what is no HL7, and refuses it", arguments: ["hello", "{\"a\":1}", "PID|1||2\r", "MSH|"])
    func foreign(text: String) async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let reply = try await client.ask(text)
            #expect(codes(reply).first?.hasPrefix("AR") == true)
            #expect(inbox.arrivals.first?.bytes == Array(text.utf8))
            #expect(inbox.arrivals.first?.sender == "127.0.0.1")
            #expect(inbox.arrivals.first?.refusal != nil)
            #expect(codes(try await client.ask(message("M2"))) == ["AA M2"])
        }
    }

    @Test("refuses by its control id what only its header can be read of")
    func headed() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(codes(try await client.ask("noise\r" + message("M1"))) == ["AR M1"])
            #expect(codes(try await client.ask(message("M2", version: "3.0"))) == ["AR M2"])
            #expect(codes(try await client.ask(message("M3", type: ""))) == ["AE M3"])
            #expect(inbox.arrivals.allSatisfy { $0.refusal != nil })
        }
    }

    @Test("writes ERR as the sender's version has it")
    func versions() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let old = try #require(try await client.ask(message("M1", version: "2.3", type: "")))
            #expect(old.contains("\rERR|MSH^1^9^101&"))
            let new = try #require(try await client.ask(message("M2", version: "2.7", type: "")))
            #expect(new.contains("\rERR||MSH^1^9^1|101^Required field missing^HL70357|E|"))
        }
    }

    @Test("answers a batch by a batch")
    func batch() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let reply = try await client.ask(
                "BHS|^~\\&|HIS|330106001\r" + message("M1") + message("M2", type: "") + message("M3") + "BTS|3\r")
            #expect(codes(reply) == ["AA M1", "AE M2", "AA M3"])
            #expect(reply?.hasPrefix("BHS|^~\\&|") == true)
            #expect(reply?.hasSuffix("BTS|3\r") == true)
            #expect(inbox.arrivals.count == 1)
            #expect(inbox.arrivals.first?.refusal == nil)
        }
    }

    @Test("answers in the character set of the message", arguments: ["GB18030", "UTF-8"])
    func charsets(name: String) async throws {
        let inbox = MemoryInbox()
        let charset = try #require(Charset(name))
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let announced = name == "UTF-8" ? "UNICODE UTF-8" : "GB 18030-2000"
            let text = message("M1", facility: "市一医院", charset: announced)
            let bytes = try #require(charset.encode(Array(text.utf8)))
            try await client.send(MLLPFrames.framed(bytes))
            let answer = try #require(await client.replyBytes())
            let reply = try #require(charset.decode(answer))
            #expect(String(decoding: reply, as: UTF8.self).contains("|HIS|市一医院|"))
            #expect(inbox.arrivals.first?.sender == "市一医院")
        }
    }

    @Test("takes only the messages of whom a connection is configured to")
    func senders() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        let callers = MLLPCallers(named: [try .init("330106001=127.0.0.0/8")])
        try await withDoor(inbox, callers: callers, counters: counters) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
            let reply = try await client.ask(message("M2", facility: "330106002"))
            #expect(codes(reply) == ["AR M2"])
            #expect(inbox.arrivals.map(\.sender) == ["330106001", "330106001"])
            #expect(inbox.arrivals.last?.refusal?.contains("330106002") == true)
            let batch = "BHS|^~\\&\r" + message("M3") + message("M4", facility: "330106002") + "BTS|2\r"
            #expect(codes(try await client.ask(batch)) == ["AR M3", "AR M4"])
        }
        #expect(counters.snapshot.refused[.sender] == 2)
    }

    @Test("hands everything over under one name where it is told to")
    func collective() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox, callers: MLLPCallers(collective: "city")) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(codes(try await client.ask(message("M1", facility: "HIS"))) == ["AA M1"])
            #expect(inbox.arrivals.map(\.sender) == ["city"])
        }
    }

    @Test("answers who has said all and waits")
    func halfClosed() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            inbox.hold()
            let client = try await DoorClient(addresses[0])
            try await client.send(message("M1"))
            try await client.endSending()
            try await until { inbox.asked == 1 }
            inbox.release()
            #expect(codes(await client.reply()) == ["AA M1"])
            #expect(await client.reply() == nil)
        }
    }

    @Test("keeps a frame without an end for the operator, and answers the next one")
    func unfinished() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            try await client.send([0x0B] + Array("MSH|^~\\&|HIS|half".utf8))
            #expect(codes(try await client.ask(message("M2"))) == ["AA M2"])
            #expect(inbox.arrivals.first?.refusal?.contains("no end") == true)
        }
    }

    @Test("passes over garbage between frames, and ends with who sends nothing else")
    func garbage() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        try await withDoor(inbox, counters: counters) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            try await client.send(Array("GET / HTTP/1.1\r\n\0\0\0".utf8))
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
            try await client.send([UInt8](repeating: 0, count: 70_000))
            #expect(await client.reply() == nil)
            let other = try await DoorClient(addresses[0])
            try await other.send((0..<20).flatMap { _ in [0x0B, 0x41] as [UInt8] })
            #expect(await other.reply() == nil)
        }
        #expect(counters.snapshot.refused[.noise] == 2)
    }

    @Test("refuses a frame that is too long")
    func long() async throws {
        let inbox = MemoryInbox()
        var limits = MLLPLimits()
        limits.frameBytesMax = 10_000
        try await withDoor(inbox, limits: limits) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            let reply = try await client.ask(message("M1") + String(repeating: "x", count: 20_000))
            #expect(codes(reply).first?.hasPrefix("AR") == true)
            #expect(reply?.contains("longer than 10000 bytes") == true)
            #expect(inbox.arrivals.isEmpty)
            #expect(codes(try await client.ask(message("M2"))) == ["AA M2"])
        }
    }

    @Test("bounds what all unfinished frames hold")
    func memory() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        var limits = MLLPLimits()
        limits.pendingBytesMax = 100_000
        try await withDoor(inbox, limits: limits, counters: counters) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            try await client.send([0x0B] + [UInt8](repeating: 0x41, count: 200_000))
            #expect(await client.reply() == nil)
            #expect(codes(try await DoorClient(addresses[0]).ask(message("M1"))) == ["AA M1"])
        }
        #expect(counters.snapshot.refused[.long] == 1)
    }

    @Test("reads no more from a connection while its inbox is slow, and answers others")
    func backPressure() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        try await withDoor(inbox, counters: counters) { addresses, _ in
            inbox.hold()
            let flood = try await DoorClient(addresses[0])
            let frames = (0..<40).flatMap { _ in MLLPFrames.framed([UInt8](repeating: 0x41, count: 100_000)) }
            async let sending: Void = flood.send(frames)
            try await until { inbox.asked == 1 }
            // What came waits in the sockets, not here.
            try await Task.sleep(for: .milliseconds(300))
            #expect(counters.snapshot.bytesIn < 2_000_000)
            inbox.release()
            try await sending
            for _ in 0..<40 { #expect(codes(await flood.reply()).first?.hasPrefix("AR") == true) }
        }
    }

    @Test("ends with a frame that doesn't come on")
    func slowLoris() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        var limits = MLLPLimits()
        limits.frameSeconds = 0.2
        try await withDoor(inbox, limits: limits, counters: counters) { addresses, _ in
            let half = try await DoorClient(addresses[0])
            try await half.send([0x0B, 0x4D])
            #expect(await half.reply() == nil)
        }
        #expect(counters.snapshot.refused[.slow] == 1)
        #expect(counters.snapshot.open == 0)
    }

    @Test("ends with a connection that says nothing")
    func idle() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        var limits = MLLPLimits()
        limits.idleSeconds = 0.2
        try await withDoor(inbox, limits: limits, counters: counters) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(await client.reply() == nil)
        }
        #expect(counters.snapshot.refused[.slow] == nil)
    }

    @Test("bounds the connections of an address")
    func connections() async throws {
        let (inbox, counters) = (MemoryInbox(), MLLPCounters())
        var limits = MLLPLimits()
        limits.connectionsPerAddressMax = 2
        try await withDoor(inbox, limits: limits, counters: counters) { addresses, _ in
            let first = try await DoorClient(addresses[0])
            let second = try await DoorClient(addresses[0])
            #expect(codes(try await first.ask(message("M1"))) == ["AA M1"])
            #expect(codes(try await second.ask(message("M2"))) == ["AA M2"])
            let third = try await DoorClient(addresses[0])
            #expect(await third.reply() == nil)
            await second.close()
            try await until { counters.snapshot.open == 1 }
            #expect(codes(try await DoorClient(addresses[0]).ask(message("M3"))) == ["AA M3"])
        }
        #expect(counters.snapshot.refused[.connections] == 1)
    }

    @Test("answers what it has read before it stops, and then nobody")
    func stops() async throws {
        let inbox = MemoryInbox()
        try await withDoor(inbox) { addresses, services in
            inbox.hold()
            let client = try await DoorClient(addresses[0])
            let idle = try await DoorClient(addresses[0])
            try await client.send(message("M1"))
            try await until { inbox.asked == 1 }
            await services.triggerGracefulShutdown()
            #expect(await idle.reply() == nil)
            inbox.release()
            #expect(codes(await client.reply()) == ["AA M1"])
            #expect(await client.reply() == nil)
        }
        #expect(inbox.arrivals.count == 1)
    }

    @Test("listens on IPv6")
    func six() async throws {
        let inbox = MemoryInbox()
        let listener = try MLLPListener("[::1]:0", MLLPCallers())
        try await withDoor(inbox, listeners: [listener]) { addresses, _ in
            let client = try await DoorClient(addresses[0])
            #expect(codes(try await client.ask(message("M1"))) == ["AA M1"])
            #expect(inbox.arrivals.first?.peer == "::1")
        }
    }

    @Test("does not listen beyond this machine while anybody may send")
    func bounds() throws {
        #expect(throws: MLLPMisuse.self) { try MLLPListener("0.0.0.0:2575", MLLPCallers()) }
        #expect(throws: MLLPMisuse.self) { try MLLPListener("his.example:2575", MLLPCallers()) }
        #expect(throws: MLLPMisuse.self) { try MLLPListener("127.0.0.1", MLLPCallers()) }
        let range = try AddressRange("10.1.0.0/16")
        #expect(try MLLPListener("0.0.0.0:2575", MLLPCallers(from: [range])).port == 2_575)
        #expect(throws: MLLPMisuse.self) { try MLLPCallers.Named("330106001") }
        #expect(throws: MLLPMisuse.self) { try MLLPCallers.Named("330106001=sha256:00") }
    }
}
