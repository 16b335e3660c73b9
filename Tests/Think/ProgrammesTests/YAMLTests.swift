import FHIR
import Foundation
import JSON
import Programmes
import Testing

@Suite("YAML and FHIR")
struct YAMLTests {
    private func form(_ lines: String) throws -> (programme: Programme, faults: [ProgrammeFault]) {
        let text =
            "resourceType: Questionnaire\nid: f\nurl: https://healthbrain.dev/fhir/Questionnaire/f\nstatus: draft\n"
            + lines
        let folder = ProgrammeFolder(name: "tea-club", files: ["questionnaires/f.yaml": Array(text.utf8)])
        return Programme.read(folder, try Definitions.r4())
    }

    @Test(
        "reads a word as the type of its element wants it",
        arguments: [
            ("version: 1.0", "version", "\"1.0\""), ("version: 007", "version", "\"007\""),
            ("title: yes", "title", "\"yes\""), ("title: true", "title", "\"true\""),
            ("date: 2026-01-01", "date", "\"2026-01-01\""), ("date: 2026", "date", "\"2026\""),
            ("experimental: true", "experimental", "true"), ("experimental: yes", "experimental", "\"yes\""),
            ("experimental: \"true\"", "experimental", "\"true\""), ("title: ~", "title", "null"),
            ("title: '~'", "title", "\"~\""), ("unheard: 1.50", "unheard", "1.50"),
            ("unheard: '1.50'", "unheard", "\"1.50\""), ("unheard: no", "unheard", "\"no\""),
        ])
    func words(line: String, member: String, json: String) throws {
        let file = try #require(try form(line).programme.files.first)
        let value = try #require(file.document.root[JSONKey(member)])
        #expect(String(decoding: value.rawText, as: UTF8.self) == json)
    }

    @Test(
        "keeps the digits of a decimal, and refuses what is no number of JSON",
        arguments: [
            ("1.0", "1.0"), ("0.10", "0.10"), ("100", "100"), ("-2.50", "-2.50"), ("1e3", "1e3"), (".5", "\".5\""),
            ("+5", "\"+5\""), ("0x1F", "\"0x1F\""), ("1_000", "\"1_000\""), ("05", "\"05\""), ("'1.0'", "\"1.0\""),
        ])
    func decimals(yaml: String, json: String) throws {
        let (programme, _) = try form("item: [{linkId: a, type: decimal, initial: [{valueDecimal: \(yaml)}]}]")
        let value = programme.files.first?.document.root["item"]?[0]?["initial"]?[0]?["valueDecimal"]
        #expect(value.map { String(decoding: $0.rawText, as: UTF8.self) } == json)
    }

    @Test("reads a resource inside a story as its type wants it")
    func inside() throws {
        let text = """
            steps:
              - given:
                  - resource: {resourceType: Immunization, lotNumber: 0815, doseQuantity: {value: 0.50}}
                  - bloodPressure: {systolic: 150}
            """
        let folder = ProgrammeFolder(name: "tea-club", files: ["scenarios/s.yaml": Array(text.utf8)])
        let file = try #require(Programme.read(folder, try Definitions.r4()).programme.files.first)
        #expect(
            String(decoding: file.document.root.compactText(), as: UTF8.self)
                == #"{"steps":[{"given":[{"resource":{"resourceType":"Immunization","lotNumber":"0815","doseQuantity":{"value":0.50}}},{"bloodPressure":{"systolic":150}}]}]}"#
        )
    }

    @Test(
        "tells the line of text that is no YAML",
        arguments: [
            ("title: [", 6), ("title: a\ntitle: b", 5), ("a: b: c", 5), ("title: *nothing", 5), ("- a", 5),
        ])
    func noYAML(text: String, line: Int) throws {
        let fault = try #require(try form(text).faults.first { $0.kind == .yaml })
        #expect(fault.file == "questionnaires/f.yaml")
        #expect(fault.line.map { abs($0 - line) <= 1 } == true, "\(fault)")
    }

    @Test("refuses text that isn't UTF-8, an empty file and two documents in one")
    func noText() throws {
        let definitions = try Definitions.r4()
        for bytes in [[0xFF, 0xFE, 0x61], [], Array("a: 1\n---\nb: 2\n".utf8)] as [[UInt8]] {
            let folder = ProgrammeFolder(name: "tea-club", files: ["questionnaires/f.yaml": bytes])
            #expect(Programme.read(folder, definitions).faults.contains { $0.kind == .yaml })
        }
    }

    @Test("an alias of an alias of an alias does not fill the memory")
    func laughs() throws {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        for level in 1...8 {
            lines.append(
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]")
        }
        let fault = try #require(try form(lines.joined(separator: "\n")).faults.first { $0.kind == .yaml })
        #expect(fault.message.contains("values"))
    }

    // Round trip

    @Test("the files of a programme come back from FHIR's JSON as they went")
    func files() throws {
        let definitions = try Definitions.r4()
        let (programme, _) = try Sample.read()
        for file in programme.files {
            let yaml = YAMLWriter.text(of: file.document)
            let again = Programme.read(
                ProgrammeFolder(name: Sample.id, files: [file.path: Array(yaml.utf8)]), definitions
            ).programme.files.first
            #expect(again.map { $0.document.root.compactText() } == file.document.root.compactText())
            #expect(again.map { YAMLWriter.text(of: $0.document) } == yaml)
        }
    }

    @Test("any questionnaire comes back from YAML as it went", arguments: 0..<60)
    func anyForm(seed: UInt64) throws {
        var maker = FormMaker(seed: seed)
        let document = try JSONDocument(parsing: maker.questionnaire())
        let yaml = YAMLWriter.text(of: document)
        let (programme, faults) = Programme.read(
            ProgrammeFolder(name: "tea-club", files: ["questionnaires/f.yaml": Array(yaml.utf8)]), try Definitions.r4())
        let again = try #require(programme.files.first, "\(faults.filter { $0.kind == .yaml })\n\(yaml)")
        #expect(again.document.root.compactText() == document.root.compactText(), "\(yaml)")
    }
}

/// Makes questionnaires full of texts that a reader of YAML could take for something else.
struct FormMaker {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    private static let texts = [
        "yes", "no", "true", "null", "~", "1.0", "-1", "0x1F", "1_000", "2026-01-01", "12:30", "1e3", ".5", "+5", "- a",
        "a: b",
        "a #b", "# a", "[a]", "{a: b}", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a`", "'", "\"", "\\", "a\\nb", " a",
        "a ", "\ta",
        "a\nb", "a\n\nb\n", "\na", "a\n", "a\r\nb", "a\u{85}b", "a\u{2028}b", "a\u{FEFF}b", "\u{1F375} 茶", "茶:一杯",
        "“茶”", "？", "=", "<<",
        "---", "...", "a---", "y", "n", "on", "Off", "NaN", ".inf", "?", "? a", "a,b", "a\u{7F}b", "a\tb",
        "%systolicGoal",
        "expression: |\n  x", "a \nb", " \n", String(repeating: "很长的文字 ", count: 40) + "终",
    ]

    private mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }

    private mutating func text() -> String { Self.texts[next(Self.texts.count)] }

    mutating func questionnaire() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Questionnaire")
        writer.member("id", string: "f")
        writer.member("status", string: "draft")
        writer.member("title", string: text())
        writer.member("version", string: text())
        writer.member("experimental", bool: next(2) == 0)
        items(&writer, depth: 0)
        writer.endObject()
        return writer.bytes
    }

    private mutating func items(_ writer: inout JSONWriter, depth: Int) {
        writer.key("item")
        writer.beginArray()
        for _ in 0..<(1 + next(4)) {
            writer.beginObject()
            writer.member("linkId", string: text())
            writer.member("text", string: text())
            writer.member("maxLength", integer: next(500))
            writer.key("initial")
            writer.beginArray()
            initial(&writer)
            writer.endArray()
            if depth < 3, next(2) == 0 { items(&writer, depth: depth + 1) }
            writer.endObject()
        }
        writer.endArray()
    }

    private mutating func initial(_ writer: inout JSONWriter) {
        writer.beginObject()
        switch next(4) {
        case 0: writer.member("valueString", string: text())
        case 1:
            writer.key("valueDecimal")
            writer.decimal(text: ["1.0", "0.10", "-3", "1E-3", "100.00", "0"][next(6)])
        case 2: writer.member("valueBoolean", bool: next(2) == 0)
        default:
            writer.key("valueCoding")
            writer.beginObject()
            writer.member("code", string: text())
            writer.member("display", string: text())
            writer.endObject()
        }
        writer.endObject()
    }
}
