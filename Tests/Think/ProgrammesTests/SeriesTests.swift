import FHIR
import Foundation
import JSON
import Programmes
import Testing

@Suite("Series of doses in a programme")
struct SeriesTests {
    static let book = """
        systems: {shelf: https://example.org/tea}
        states:
          cold: {title: {zh: 感冒, en: a cold}, source: house, when: "%record.ofType(Condition)"}
        products:
          green: {title: {zh: 绿茶, en: green tea}, codes: [shelf|G], components: [leaf], live: oral, source: house}
          black: {title: {zh: 红茶, en: black tea}, codes: [shelf|B], components: [brick], source: house}
        liveDistance: {least: 28 d, source: house}
        bars:
          ill: {title: {zh: 感冒时不喝, en: not with a cold}, state: cold, components: [leaf], wait: 7 d, source: house}
        """
    static let series = """
        id: morning-tea
        title: {zh: 早茶, en: morning tea}
        disease: {zh: 困倦, en: sleepiness}
        components: [leaf]
        source: house
        complete: [{have: {any: '2..'}}]
        doses:
          - {id: first, give: [green], have: {any: 0}, from: "%entryAge", before: 80 a, finish: 70 a}
          - {id: second, give: [green], have: {leaf: 1}, from: 66 a, after: 28 d}
        """

    /// A text to change in one of the two files, and what must be told of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: ProgrammeFault.Kind
        let (old, new, words): (String, String, String)
        var testDescription: String { "\(kind.rawValue): \(words)" }

        init(_ kind: ProgrammeFault.Kind, _ old: String, _ new: String, _ words: String) {
            (self.kind, self.old, self.new, self.words) = (kind, old, new, words)
        }
    }

    static let cases: [Case] = [
        Case(.form, "shelf|G", "G", "“G” is no code"),
        Case(.name, "shelf|B", "shelf|G", "green has the code shelf|G too"),
        Case(.form, "live: oral", "live: smoked", "live can't be “smoked”"),
        Case(.form, "wait: 7 d", "wait: 7 days", "“7 days” is no age or interval"),
        Case(.reference, "state: cold", "state: old", "there is no state old"),
        Case(.form, "components: [leaf], wait", "wait", "ill bars nothing"),
        Case(.expression, "%record.ofType(Condition)", "%record.ofType(Condition", "error[expression]"),
        Case(.expression, "%record.ofType(Condition)", "today()", "today() can't be used"),
        Case(.source, "wait: 7 d, source: house", "wait: 7 d", "no source is named"),
        Case(.reference, "wait: 7 d, source: house", "wait: 7 d, source: hose", "there is no source hose"),
        Case(.form, "liveDistance: {least: 28 d, ", "liveDistance: {", "least is missing"),
        Case(.name, "id: morning-tea", "id: Morning", "must be words of a–z"),
        Case(.form, "complete: [{have: {any: '2..'}}]", "priority: 1", "it isn't said when the series is complete"),
        Case(.form, "any: '2..'", "any: two", "“two” is no count"),
        Case(.reference, "{leaf: 1}", "{leef: 1}", "is leaf meant?"),
        Case(.reference, "id: first, give: [green]", "id: first, give: [gren]", "is green meant?"),
        Case(.form, "id: first, give: [green]", "id: first, give: [black]", "would not count here"),
        Case(.reference, "%entryAge", "%entryAges", "is entryAge meant?"),
        Case(.form, "before: 80 a", "before: 80", "“80” is no age"),
        Case(.form, "before: 80 a", "befor: 80 a", "is before meant?"),
        Case(.form, "from: 66 a", "from: 66 a, before: 2 a", "it is too late before it can be given"),
        Case(.deadline, ", after: 28 d", "", "has no least interval"),
        Case(.name, "id: second", "id: first", "there is another dose first"),
        Case(.form, "{zh: 早茶, en: morning tea}", "早茶", "title is missing in Chinese and English"),
    ]

    static func changes(_ old: String = "", _ new: String = "") -> [Sample.Change] {
        func change(_ text: String) -> String { old.isEmpty ? text : text.replacing(old, with: new) }
        return [
            Sample.Change("series/book.yaml", "", change(book)),
            Sample.Change("series/morning-tea.yaml", "", change(series)),
        ]
    }

    @Test("pass when nothing is wrong, and are explained in both languages")
    func fine() throws {
        let (programme, faults) = try Sample.read(Self.changes())
        #expect(faults == [])
        #expect(programme.doses != nil)
        #expect(ProgrammeExplanation.text(of: programme).contains("早茶"))
        #expect(ProgrammeExplanation.text(of: programme, .en).contains("at least 28 days after the last"))
    }

    @Test("are refused with file, line and what to do", arguments: cases)
    func refused(one: Case) throws {
        let faults = try Sample.read(Self.changes(one.old, one.new)).faults
        let found = faults.first { $0.kind == one.kind && $0.description.contains(one.words) }
        #expect(found != nil, "\(faults.map(\.description))")
        #expect(found?.file.hasPrefix("series/") == true && found?.line != nil)
    }

    @Test("are refused where a pathway names one that isn't there")
    func named() throws {
        let variable = """
              - url: http://hl7.org/fhir/StructureDefinition/variable
                valueExpression: {name: cups, language: text/x-dose-series, expression: evening-tea}
            """
        let change = Sample.Change(Sample.pathway, "\naction:", "\n\(variable)\naction:")
        let faults = try Sample.read(Self.changes() + [change]).faults
        #expect(faults.contains { $0.kind == .reference && $0.message == "there is no series evening-tea" })
    }

    @Test("come back from the package as they went")
    func package() throws {
        let (programme, _) = try Sample.read(Self.changes())
        let libraries = programme.resources().filter { $0.root["id"]?.string?.hasPrefix("tea-club-series-") == true }
        #expect(libraries.count == 2)
        for file in programme.files(.series) {
            let content = libraries.lazy.compactMap { $0.root["content"]?[0] }.first {
                $0["title"]?.string == file.path
            }
            let data = try #require(content?["data"]?.string.flatMap { Data(base64Encoded: $0) })
            #expect(try JSONDocument(parsing: Array(data)).root.isEqualJSON(to: file.document.root))
        }
    }
}
