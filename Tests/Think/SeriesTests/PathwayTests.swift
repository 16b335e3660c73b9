import Calendar
import FHIR
import JSON
import Pathways
import Programmes
import Series
import Testing

@Suite("A pathway that asks for doses")
struct PathwayTests {
    /// A club of tea drinkers: nothing in the engine knows of vaccines. A first cup at one year, a second three months later.
    static let club = """
        {"resourceType":"PlanDefinition","id":"tea","url":"https://healthbrain.dev/fhir/PlanDefinition/tea","version":"1",\
        "title":"茶","status":"active","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/variable",\
        "valueExpression":{"name":"cups","language":"text/x-dose-series","expression":"cups"}},\
        {"url":"http://hl7.org/fhir/StructureDefinition/variable",\
        "valueExpression":{"name":"held","language":"text/x-dose-series","expression":"cups:held"}}],"action":[\
        {"id":"birth","title":"出生","requiredBehavior":"must","code":[{"coding":[{"code":"entry"}]}],\
        "trigger":[{"type":"named-event","name":"t","condition":{"language":"text/fhirpath","expression":"birthDate"}}]},\
        {"id":"cup","title":"喝茶","code":[{"coding":[{"code":"activity"}]}],\
        "participant":[{"type":"practitioner","role":{"coding":[{"code":"host"}]}}],\
        "trigger":[{"type":"named-event","name":"t","condition":{"language":"text/fhirpath","expression":"%cups"}}],\
        "condition":[{"kind":"stop","expression":{"language":"text/fhirpath","expression":\
        "%record.ofType(Immunization).where(('Immunization/' & id) in %basis.ofType(ImmunizationRecommendation).recommendation.supportingImmunization.reference)"}}],\
        "_timingDuration":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/cqf-expression","valueExpression":\
        {"language":"text/fhirpath","expression":"%basis.ofType(ImmunizationRecommendation).extension.value.ofType(Duration)"}}]}},\
        {"id":"ask","title":"询问","code":[{"coding":[{"code":"activity"}]}],\
        "participant":[{"type":"practitioner","role":{"coding":[{"code":"host"}]}}],"timingDuration":{"value":7,"code":"d"},\
        "trigger":[{"type":"named-event","name":"t","condition":{"language":"text/fhirpath","expression":"%held"}}]}]}
        """

    static func pathway() throws -> Pathway {
        let leaf = DoseBook.Code(system: "https://example.org/tea", code: "leaf")
        let tea = DoseBook.Product(
            id: "tea", title: DoseWords(zh: "绿茶", en: "green tea"), codes: [leaf], components: ["leaf"])
        let words = DoseWords(zh: "茶", en: "tea")
        let cups = DoseSeries(
            id: "cups", title: words, disease: words, components: ["leaf"],
            steps: [
                .init(
                    id: "1", give: ["tea"], accepts: ["leaf"], have: ["any": 0...0], from: DoseAge(DoseSpan(1, .year)),
                    before: DoseAge(DoseSpan(4, .year)), finish: DoseAge(DoseSpan(18, .month))),
                .init(
                    id: "2", give: ["tea"], accepts: ["leaf"], have: ["any": 1...1], from: DoseAge(DoseSpan(1, .year)),
                    before: DoseAge(DoseSpan(4, .year)), after: [.init(DoseSpan(3, .month))], needs: "thirst"),
            ], goals: [.init(have: ["any": 2...Int.max])])
        let thirst = DoseBook.State(
            id: "thirst", title: DoseWords(zh: "口渴", en: "thirst"),
            expression: "%record.ofType(Observation).where(code.text = 'thirst')")
        var setting = ProgrammeSetting(
            id: "club", version: "1", title: Words(zh: "茶会"),
            roles: ["host": .init(id: "host", title: Words(zh: "主人"), reach: .managingOrganization)])
        setting.doses = DoseBook(products: [tea], series: [cups], states: [thirst])
        return try Pathway(document(club).root, setting, Definitions.r4())
    }

    static func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

    static func record(_ facts: [String]) throws -> PersonRecord {
        let patient = #"{"resourceType":"Patient","id":"p","birthDate":"2024-02-29"}"#
        return try #require(PersonRecord(try ([patient] + facts).map(document)))
    }

    static func cup(_ id: String, _ on: String) -> String {
        """
        {"resourceType":"Immunization","id":"\(id)","status":"completed","patient":{"reference":"Patient/p"},\
        "vaccineCode":{"coding":[{"system":"https://example.org/tea","code":"leaf"}]},"occurrenceDateTime":"\(on)"}
        """
    }

    private static func noon(_ text: String) -> Int64 { day(text).startMilliseconds + 12 * 3_600_000 }

    @Test("asks at the age, says why, is done by the record, and waits for what has no day")
    func life() throws {
        let pathway = try Self.pathway()
        #expect(pathway.asksForDoses)
        let empty = try Self.record([])
        let before = pathway.plan(empty, now: Self.noon("2025-01-01"))
        let first = try #require(before.occurrences.first)
        #expect(before.faults == [])
        #expect(first.state == .waiting)
        #expect(first.moment.day.isoText == "2025-02-28")
        #expect(CivilDay(milliseconds: first.due).isoText == "2025-08-29")
        #expect(before.nextLook == day("2025-02-28").startMilliseconds)
        #expect(pathway.why(first, empty).zh.contains("绿茶第1剂；1岁起（2025-02-28）"))
        #expect(pathway.plan(empty, now: Self.noon("2025-09-01")).occurrences.first?.state == .overdue)
        // Too late from the fourth birthday on, which was known before.
        let late = pathway.plan(empty, now: Self.noon("2026-01-01"))
        #expect(late.nextLook == day("2028-02-29").startMilliseconds)
        #expect(pathway.plan(empty, now: Self.noon("2028-02-29")).occurrences.isEmpty)
        let one = try Self.record([Self.cup("a", "2025-03-01")])
        let given = pathway.plan(one, now: Self.noon("2025-03-02"))
        #expect(given.occurrences.filter { $0.part == "cup" }.map(\.state) == [.done])
        #expect(given.occurrences.first { $0.part == "cup" }?.evidence == ["Immunization/a"])
        #expect(given.occurrences.first { $0.part == "ask" }?.moment.day.isoText == "2025-06-01")
        let thirst = #"""
            {"resourceType":"Observation","id":"t","status":"final","code":{"text":"thirst"},"effectiveDateTime":"2025-04-01"}
            """#
        let two = pathway.plan(try Self.record([Self.cup("a", "2025-03-01"), thirst]), now: Self.noon("2025-04-02"))
        #expect(two.occurrences.filter { $0.part == "cup" }.map(\.state) == [.done, .waiting])
        #expect(!two.occurrences.contains { $0.part == "ask" })
    }

    @Test(
        "a product is known by its name where no code is known, and one that was too weak doesn't count",
        arguments: [
            (#""vaccineCode":{"text":"绿茶"}"#, "", true), (#""vaccineCode":{"text":" Green Tea（龙井）"}"#, "", true),
            (#""vaccineCode":{"coding":[{"system":"urn:x","code":"9","display":"绿茶"}]}"#, "", true),
            (#""vaccineCode":{"text":"红茶"}"#, "", false), (#""vaccineCode":{"text":"绿茶粉"}"#, "", false),
            (#""vaccineCode":{"text":"绿茶"}"#, #""isSubpotent":true,"#, false),
            (#""vaccineCode":{"text":"绿茶"}"#, #""isSubpotent":false,"#, true),
        ])
    func named(code: String, potency: String, counts: Bool) throws {
        let cup = """
            {"resourceType":"Immunization","id":"a","status":"completed",\(potency)"patient":{"reference":"Patient/p"},\
            \(code),"occurrenceDateTime":"2025-03-01"}
            """
        let plan = try Self.pathway().plan(try Self.record([cup]), now: Self.noon("2025-03-02"))
        #expect(plan.occurrences.contains { $0.part == "cup" && $0.state == .done } == counts)
    }

    @Test("changes only at its next look", arguments: 1...12)
    func looks(seed: Int) throws {
        let book = try House.book.get()
        let checker = ProgrammeChecker(definitions: try Definitions.r4())
        let programme = try Programme.load(try ProgrammeFolder(reading: House.root), checker)
        let pathways = try Pathway.all(programme, checker.definitions)
        var random = SeededGenerator(seed: UInt64(seed))
        let birth = day("2025-01-31").advanced(by: Int.random(in: 0...700, using: &random))
        var facts = [#"{"resourceType":"Patient","id":"p","gender":"female","birthDate":"\#(birth.isoText)"}"#]
        for number in 0..<8 {
            let product = try #require(book.products.randomElement(using: &random))
            let on = birth.advanced(by: Int.random(in: 0...900, using: &random)).isoText
            facts.append(
                Self.cup("\(number)", on).replacing(
                    #""system":"https://example.org/tea","code":"leaf""#,
                    with: #""system":"\#(product.codes[0].system)","code":"\#(product.codes[0].code)""#))
        }
        let record = try #require(PersonRecord(try facts.map(Self.document)))
        for pathway in pathways {
            var now = birth.advanced(by: 1000).startMilliseconds
            for _ in 0..<25 {
                let plan = pathway.plan(record, now: now)
                #expect(plan.faults == [])
                guard let next = plan.nextLook else { break }
                let between = pathway.plan(record, now: Int64.random(in: now..<next, using: &random))
                #expect(between == plan)
                now = next
            }
        }
    }
}
