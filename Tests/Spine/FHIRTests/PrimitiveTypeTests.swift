import FHIR
import Testing

/// Checks: https://hl7.org/fhir/R4/datatypes.html#primitive
@Suite("The form of a primitive")
struct PrimitiveTypeTests {
    /// The slow, obvious reference: FHIR's own regular expression, with `\s` as ASCII whitespace.
    private static func reference(_ type: PrimitiveType) throws -> (String) -> Bool {
        let pattern = try #require(try Definitions.r4().primitives.first { $0.name == type.name }).regex
        let regex = try Regex(pattern).asciiOnlyWhitespace().asciiOnlyDigits().matchingSemantics(.unicodeScalar)
        return { (try? regex.wholeMatch(in: $0)) != nil }
    }

    /// Texts near the border of what each type allows.
    private static let samples: [PrimitiveType: [String]] = [
        .base64Binary: ["QUJD", "QUJD RUZH", " QUJD\n\tRUZH ", "QU==", "QUJ", "QU JD", "====", "A+/9"],
        .boolean: ["true", "false", "TRUE", "1"],
        .canonical: ["http://a.org/x|1", "a b", "a\u{A0}b", "urn:x"],
        .code: ["a", "a b", "a  b", " a", "a ", "a\tb", "中 文", "a\u{A0}b"],
        .date: [
            "2024", "2024-02", "2024-02-30", "0000", "0001", "9999-12-31", "2024-13", "2024-1", "2024-02-00",
            "20240101",
        ],
        .dateTime: [
            "2024", "2024-02-29", "2024-02-29T23:59:60Z", "2024-02-29T23:59:59+14:00", "2024-02-29T23:59:59-13:59",
            "2024-02-29T23:59:59.123+08:00", "2024-02-29T23:59", "2024-02-29T23:59:59", "2024-02-29T24:00:00Z",
            "2024-02-29T00:00:00+14:01", "2024-02-29T00:00:00.Z", "2024-02-29 00:00:00Z", "2024-02T00:00:00Z",
        ],
        .decimal: ["0", "-0", "1.50", "1e5", "-1.2E-7", "01", "1.", ".5", "+1", "1e", "1e+", "1E+05"],
        .id: ["a", "A-1.b", "a_b", "a b", "", String(repeating: "x", count: 64), String(repeating: "x", count: 65)],
        .instant: ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.1+08:00", "2024-02-29", "2024-02-29T23:59:59"],
        .integer: ["0", "-0", "-1", "10", "01", "+1", "1.0", "-", "1e3"],
        .markdown: ["# a", "\n", "\u{B}", "a\u{C}b", "中", "\u{A0}"],
        .oid: [
            "urn:oid:1.2.3", "urn:oid:2.0.10", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.", "urn:oid:1.01", "urn:oid:1..2",
        ],
        .positiveInt: ["1", "10", "0", "01", "-1"],
        .string: ["a", " ", "\r\n\t", "a\u{B}", "\u{C}", "\u{0}", "", "中文", "\u{85}\u{2028}"],
        .time: ["00:00:00", "23:59:60", "12:30:00.123456", "24:00:00", "12:30", "12:30:00.", "12:60:00", "1:00:00"],
        .unsignedInt: ["0", "1", "00", "01", "10", "-0"],
        .uri: ["", "a", "a b", "\u{A0}", "http://x.y/z?q#f", "a\n"],
        .url: ["", "a", "a b", "mailto:x@y"],
        .uuid: [
            "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
            "urn:uuid:c757873dec9a4326a141556f43239520", "c757873d-ec9a-4326-a141-556f43239520",
        ],
    ]

    @Test("is exactly that of FHIR's regular expression", arguments: PrimitiveType.allCases.filter { $0 != .xhtml })
    func samples(_ type: PrimitiveType) throws {
        let reference = try Self.reference(type)
        let samples = try #require(Self.samples[type])
        #expect(samples.contains { reference($0) } && samples.contains { !reference($0) })
        for sample in samples {
            #expect(type.matches(sample) == reference(sample), "\(type.name): \(sample.debugDescription)")
        }
    }

    @Test(
        "is that of the regular expression after any mutation of a good text",
        arguments: PrimitiveType.allCases.filter { $0 != .xhtml })
    func mutations(_ type: PrimitiveType) throws {
        let reference = try Self.reference(type)
        let samples = try #require(Self.samples[type])
        let letters = Array(" \t\n\u{B}\u{C}\r0123456789abfzAFZ-+.:/|=TZe_\u{A0}中".unicodeScalars)
        for seed in 0..<1500 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var text = Array(samples.randomElement(using: &generator)?.unicodeScalars ?? "".unicodeScalars)
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0...text.count, using: &generator)
                let letter = letters[Int.random(in: 0..<letters.count, using: &generator)]
                switch Int.random(in: 0...2, using: &generator) {
                case 0 where place < text.count: text.remove(at: place)
                case 1 where place < text.count: text[place] = letter
                default: text.insert(letter, at: place)
                }
            }
            var string = ""
            string.unicodeScalars.append(contentsOf: text)
            #expect(type.matches(string) == reference(string), "seed \(seed), \(type.name): \(string.debugDescription)")
        }
    }

    @Test(
        "is right for every short text over a few letters",
        arguments: [PrimitiveType.code, .base64Binary, .decimal, .string])
    func shortTexts(_ type: PrimitiveType) throws {
        let reference = try Self.reference(type)
        let letters: [String] = type == .decimal ? ["0", "1", "-", ".", "e"] : ["a", " ", "\n", "\u{B}", "="]
        var texts = [""]
        for _ in 0..<5 {
            texts += texts.filter { $0.unicodeScalars.count == texts.last?.unicodeScalars.count }
                .flatMap { text in letters.map { text + $0 } }
            for text in texts.suffix(3125) where type.matches(text) != reference(text) {
                Testing.Issue.record("\(type.name): \(text.debugDescription)")
            }
        }
    }

    @Test("is found by the type's name")
    func names() {
        for type in PrimitiveType.allCases {
            #expect(PrimitiveType(name: type.name) == type)
        }
        #expect(PrimitiveType(name: "Coding") == nil)
        #expect(PrimitiveType.xhtml.matches("<div>x</div>"))
        #expect(!PrimitiveType.xhtml.matches("x"))
    }
}
