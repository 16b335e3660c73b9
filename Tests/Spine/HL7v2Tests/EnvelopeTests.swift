import HL7v2
import Testing

@Suite("Batches and files (HL7 v2.8, chapter 2.10.3)")
struct EnvelopeTests {
    private static let one = "MSH|^~\\&|A||||||ADT^A01|1|P|2.5\rPID|1\r"

    /// `1` a message, `F` `B` the begin of a file and a batch, `b2` `f2` their ends with a count, `p` a stray segment.
    private func envelope(_ plan: String) -> Envelope {
        var text = ""
        var isCount = false
        for letter in plan {
            switch letter {
            case _ where isCount: text += "\(letter)\r"
            case "1": text += Self.one
            case "F": text += "FHS|^~\\&\r"
            case "B": text += "BHS|^~\\&\r"
            case "b": text += "BTS|"
            case "f": text += "FTS|"
            case "p": text += "PID|1\r"
            case "x": text += "hello\r"
            default: text.append(letter)
            }
            isCount = letter == "b" || letter == "f"
        }
        return Envelope(Array(text.utf8))
    }

    @Test(
        "give their messages",
        arguments: [
            ("1", 1), ("11", 2), ("\r\n1\r\n\r\n1", 2), ("B1b1", 1), ("FB11b2f1", 2), ("FB1b1B1b1f2", 2),
            ("\u{0B}1\u{1C}\r\u{0B}1\u{1C}\r", 2), ("F1f1", 1),
        ] as [(String, Int)])
    func messages(_ plan: String, _ count: Int) {
        let envelope = envelope(plan)
        #expect(envelope.pieces.count == count)
        #expect(envelope.faults == [])
        for piece in envelope.pieces {
            #expect(String(decoding: envelope.bytes(piece), as: UTF8.self).hasPrefix("MSH|^~\\&|A"))
        }
    }

    @Test(
        "that miss a border or count wrongly are taken, with a warning",
        arguments: ["B1", "1b1", "FB1f1", "B1b7", "1f1"])
    func incomplete(_ text: String) {
        let envelope = envelope(text)
        #expect(envelope.pieces.count == 1)
        #expect(!envelope.faults.isEmpty)
        #expect(!envelope.faults.refuses)
    }

    @Test(
        "in which nobody can tell what belongs together are refused",
        arguments: ["", "p", "Bpb1", "B1B1b1", "FF1", "B1b11", "x"])
    func refused(_ text: String) {
        #expect(envelope(text).faults.refuses)
    }

    @Test("say on which line a message begins")
    func lines() {
        let envelope = envelope("B11b2")
        #expect(envelope.pieces.map(\.line) == [2, 4])
    }
}

@Suite("MLLP frames")
struct MLLPFramesTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("come out whole, however the stream is cut", arguments: 1...9)
    func pieces(_ size: Int) {
        let stream = MLLPFrames.framed(bytes("MSH|one")) + MLLPFrames.framed(bytes("MSH|two"))
        var frames = MLLPFrames()
        var events: [MLLPFrames.Event] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            events += frames.receive(stream[start..<min(start + size, stream.count)])
        }
        #expect(events == [.message(bytes("MSH|one")), .message(bytes("MSH|two"))])
        #expect(frames.finish() == [])
    }

    @Test("pass over what stands between them, and tell")
    func noise() {
        var frames = MLLPFrames()
        #expect(
            frames.receive(bytes("hello") + MLLPFrames.framed(bytes("MSH|"))) == [
                .noise(bytes: 5), .message(bytes("MSH|")),
            ])
    }

    @Test("that are too long are dropped up to their end, and the next one is read")
    func tooLong() {
        var frames = MLLPFrames(messageBytesMax: 4)
        let events = frames.receive(MLLPFrames.framed(bytes("123456")) + MLLPFrames.framed(bytes("1234")))
        #expect(events == [.tooLong(bytesMax: 4), .message(bytes("1234"))])
    }

    @Test("are the same, whether the stream comes whole or byte by byte", arguments: 0..<200 as Range<UInt64>)
    func anyCut(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        let alphabet: [UInt8] = [0x0B, 0x1C, 0x0D, 0x0A, 0x41, 0x42, 0x43, 0x44]
        let stream = (0..<next(60)).map { _ in alphabet[next(8)] }
        var (whole, single) = (MLLPFrames(messageBytesMax: 5), MLLPFrames(messageBytesMax: 5))
        let events = whole.receive(stream)
        #expect(events == stream.flatMap { single.receive([$0]) })
        #expect(whole.isInside == single.isInside && whole.pendingBytes == single.pendingBytes)
        #expect(whole.pendingNoiseBytes == single.pendingNoiseBytes)
        #expect(whole.finish() == single.finish())
    }

    @Test("that never end are given up when the next begins or the stream ends")
    func unfinished() {
        var frames = MLLPFrames()
        #expect(frames.receive([0x0B] + bytes("abc") + [0x0B] + bytes("de")) == [.unfinished(bytes("abc"))])
        #expect(frames.pendingBytes == 2)
        #expect(frames.finish() == [.unfinished(bytes("de"))])
    }
}
