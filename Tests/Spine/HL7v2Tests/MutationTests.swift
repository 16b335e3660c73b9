import HL7v2
import Testing

@Suite("Whatever comes, nothing breaks")
struct MutationTests {
    private static let seedMessages: [[UInt8]] = [
        Array(
            "MSH|^~\\&|HIS|H1|||20261122||ADT^A01|1|P|2.5||||||GB18030\rPID|1||1^^^A&1.2&ISO~2||张^三|\"\"\rOBX|1|TX|||\\X41\\ \\.br\\\r"
                .utf8),
        Array("FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A||||||ORU^R01|2|P|2.5\rOBR|1\rBTS|1\rFTS|1\r".utf8),
        [0x0B] + Array("MSH|^~\\&#|A\n\nPID|\\M2441\\VP\\C2842\\".utf8) + [0x1C, 0x0D],
        [0xEF, 0xBB, 0xBF] + Array("MSH|^~\\&|B\r\nZZZ|a~b^c&d".utf8),
        [0xFF, 0xFE, 0x4D, 0x00, 0x53, 0x00, 0x48, 0x00],
    ]
    private static let pieces: [[UInt8]] =
        ["|", "^", "~", "\\", "&", "\r", "\n", "MSH", "BHS", "BTS", "FHS", "\\X", "\"\""]
        .map { Array($0.utf8) } + [[0x0B], [0x1C], [0x00], [0xFF], [0x81], [0xE5, 0xBC]]

    private func mutated(_ random: inout Seeded) -> [UInt8] {
        var bytes = Self.seedMessages.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1 where !bytes.isEmpty:
                bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
            case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 3 where !bytes.isEmpty: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            default: bytes.append(UInt8.random(in: 0...255, using: &random))
            }
        }
        return bytes
    }

    @Test(
        "parsing, reading every part, framing and answering survive 400 mutations a seed",
        arguments: 0..<25 as Range<UInt64>)
    func survives(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<400 {
            let bytes = mutated(&random)
            var frames = MLLPFrames(messageBytesMax: 64)
            _ = frames.receive(bytes)
            _ = frames.finish()
            let reading = Reading(bytes)
            for item in reading.items {
                guard let message = item.message else {
                    #expect(item.faults.refuses)
                    continue
                }
                var last = -1
                for segment in 0..<message.segmentCount {
                    let range = message.segmentRange(segment)
                    #expect(range.lowerBound > last)
                    last = range.upperBound - 1
                    for field in 1...(message.fieldCount(segment) + 1) {
                        let inside = message.fieldRange(segment, field)
                        #expect(
                            inside.isEmpty || range.contains(inside.lowerBound) && inside.upperBound <= range.upperBound
                        )
                        _ = message.value(segment, field, repetition: 2, component: 2, subcomponent: 2)
                        _ = message.value(segment, field)
                    }
                }
                _ = Acknowledgment(to: MessageHeader(message), delimiters: message.delimiters)
                    .reply(.application, faults: item.faults, on: .init(time: "", controlID: ""))
            }
        }
    }
}
