import HL7v2
import Testing

@Suite("Escape sequences (HL7 v2.8, chapter 2.7)")
struct EscapesTests {
    private func resolved(_ text: String) -> String {
        var output: [UInt8] = []
        Array(text.utf8).withUnsafeBufferPointer { Escapes(.usual).resolve($0, to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "stand for delimiters, bytes, new lines and emphasis",
        arguments: [
            ("a\\F\\b", "a|b"), ("a\\S\\b", "a^b"), ("a\\T\\b", "a&b"), ("a\\R\\b", "a~b"), ("a\\E\\b", "a\\b"),
            ("a\\.br\\b", "a\nb"), ("a\\.sp2\\b", "a\n\nb"), ("a\\.sk3\\b", "a   b"), ("\\.in5\\a", "a"),
            ("a\\H\\b\\N\\c", "abc"), ("\\X41\\", "A"), ("\\XE5BCA0\\", "张"), ("\\X0D0A\\", "\r\n"),
        ])
    func known(_ text: String, _ meaning: String) {
        #expect(resolved(text) == meaning)
    }

    @Test(
        "that nobody knows stay as they are",
        arguments: ["a\\Zlocal\\b", "a\\Q\\b", "a\\b", "\\", "\\\\", "50\\ of 100\\", "\\X4\\", "\\XZZ\\", "\\.xy\\"])
    func unknown(_ text: String) {
        #expect(resolved(text) == text)
    }

    @Test("switch the character set of what follows, and back")
    func characterSets() {
        // GB 2312 of 中 is D6 D0; in seven bits 56 50.
        #expect(resolved("a\\M2441\\VP\\C2842\\b") == "a中b")
    }

    @Test("are written so that reading gives the text back", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var random = Seeded(seed)
        let alphabet = Array("ab|^~\\&#张三\n XFSTRE.")
        let text = String(
            (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
        var written: [UInt8] = []
        Escapes(.usual).write(text, to: &written)
        #expect(resolved(String(decoding: written, as: UTF8.self)) == text)
        #expect(!written.contains { "|^~&\n".utf8.contains($0) })
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
