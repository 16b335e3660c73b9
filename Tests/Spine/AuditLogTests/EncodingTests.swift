import AuditLog
import Testing

@Suite("The encoding of an entry")
struct EncodingTests {
    @Test("comes back as it went in, and has one form", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let entry = Entries.random(&generator)
        let bytes = entry.encoded
        #expect(try AuditEntry(decoding: bytes) == entry)
        // Whatever one changed byte makes of it, it is refused or is the one encoding of another entry.
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= UInt8.random(in: 1...255, using: &generator)
            guard let other = try? AuditEntry(decoding: changed) else { continue }
            #expect(other.encoded == changed)
            #expect(other != entry)
        }
    }

    @Test("of anything else is refused and never trapped on", arguments: 0..<200 as Range<UInt64>)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var bytes = (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        #expect(throws: AuditEncodingError.self) { try AuditEntry(decoding: bytes) }
        // Behind a good beginning, too.
        bytes = [1, 4, 0, 0] + bytes
        if let entry = try? AuditEntry(decoding: bytes) { #expect(entry.encoded == bytes) }
        let whole = Entries.random(&generator).encoded
        for count in 0..<whole.count {
            #expect(throws: AuditEncodingError.self) { try AuditEntry(decoding: whole.prefix(count)) }
        }
        #expect(throws: AuditEncodingError.self) { try AuditEntry(decoding: whole + [0]) }
    }

    @Test("is the one that the document shows")
    func example() {
        let entry = AuditEntry(
            at: 1_700_000_000_000, action: .read, agent: AuditAgent(account: "a1"), patients: ["Patient/1"],
            entities: [.resource("Observation/2", version: "3")])
        let hex = entry.encoded.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(
            hex == "010400000000018bcfe56800" + "00" + "026131" + "0000000000000000"
                + "01" + "0950617469656e742f31" + "01" + "00" + "0d4f62736572766174696f6e2f32" + "0133")
    }
}
