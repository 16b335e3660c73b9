import FHIR
import JSON
import Terminology
import Testing

/// `$lookup`, `$validate-code` and `$subsumes` of R4.
@Suite("Questions about codes")
struct CodeQuestionTests {
    private func parameters(_ bytes: [UInt8]) throws -> JSONNode { try JSONDocument(parsing: bytes).root }

    private func values(_ parameters: JSONNode, _ name: String) -> [JSONNode] {
        guard let list = parameters["parameter"] else { return [] }
        return list.elements.filter { $0["name"]?.equals(name) ?? false }
    }

    private func coding(_ code: String, _ system: String? = Club.system, display: String? = nil) -> CodingReference {
        CodingReference(system: system, code: code, display: display)
    }

    @Test("lookup tells names, properties, parents and children")
    func lookup() throws {
        let service = try service(Club.codes)
        let answer = try parameters(service.lookup(coding("court"), displayLanguage: "zh-CN").parameters())
        #expect(values(answer, "name").first?["valueString"]?.string == "Things")
        #expect(values(answer, "version").first?["valueString"]?.string == "2.0")
        #expect(values(answer, "display").first?["valueString"]?.string == "球场")
        let properties = values(answer, "property").map { property in
            let parts = property["part"].map { Array($0.elements) } ?? []
            return parts.compactMap { $0["valueCode"]?.string ?? $0["valueString"]?.string }.joined(separator: "=")
        }
        #expect(properties.contains("parent=place=Place"))
        #expect(properties.filter { $0.hasPrefix("child") }.count == 3)
    }

    @Test("lookup gives the wanted properties alone")
    func wantedProperties() throws {
        let service = try service(Club.codes)
        let answer = try parameters(service.lookup(coding("clay"), properties: ["surface", "lang.de"]).parameters())
        #expect(values(answer, "property").count == 1)
        #expect(values(answer, "designation").count == 1)
    }

    @Test("lookup of an unknown code or system is not found, and of a code without system malformed")
    func unknown() throws {
        let service = try service(Club.codes)
        for (code, status) in [
            (coding("moon"), 404), (coding("bar", "http://far.example"), 404), (coding("bar", nil), 400),
            (CodingReference(system: Club.system, version: "3", code: "bar"), 404),
        ] {
            let error = #expect(throws: TerminologyError.self) { try service.lookup(code) }
            #expect(error?.status == status)
        }
        let error = #expect(throws: TerminologyError.self) { try service.lookup(coding("moon")) }
        #expect(error?.message == "The code “moon” is not in http://club.example/things|2.0.")
    }

    @Test(
        "subsumes tells all four relations",
        arguments: [
            ("court", "court", Subsumption.equivalent), ("place", "clay", .subsumes), ("clay", "place", .subsumedBy),
            ("clay", "grass", .notSubsumed), ("game", "clay", .notSubsumed),
        ])
    func subsumes(_ one: String, _ other: String, _ outcome: Subsumption) throws {
        #expect(try service(Club.codes).subsumes(coding(one), coding(other)) == outcome)
    }

    @Test("codes of two systems can't be compared, and unknown ones are not found")
    func subsumesRefusals() throws {
        let service = try service(Club.codes)
        let two = #expect(throws: TerminologyError.self) {
            try service.subsumes(coding("bar"), coding("x", "http://far.example"))
        }
        #expect(two?.status == 400)
        let unknown = #expect(throws: TerminologyError.self) { try service.subsumes(coding("bar"), coding("moon")) }
        #expect(unknown?.status == 404)
    }

    @Test("a concept with several parents is below each of them, and a cycle does no harm")
    func severalParents() throws {
        let service = try service(
            """
            {"resourceType":"CodeSystem","url":"http://dag.example","status":"active","content":"complete",
             "property":[{"code":"up","uri":"http://hl7.org/fhir/concept-properties#parent","type":"code"}],
             "concept":[{"code":"a"},{"code":"b"},
              {"code":"c","property":[{"code":"up","valueCode":"a"},{"code":"up","valueCode":"b"}]},
              {"code":"d","property":[{"code":"up","valueCode":"c"}]},
              {"code":"x","property":[{"code":"parent","valueCode":"y"}]},
              {"code":"y","property":[{"code":"parent","valueCode":"x"}]}]}
            """)
        let dag = "http://dag.example"
        #expect(try service.subsumes(coding("b", dag), coding("d", dag)) == .subsumes)
        #expect(try service.subsumes(coding("a", dag), coding("d", dag)) == .subsumes)
        #expect(try service.subsumes(coding("a", dag), coding("b", dag)) == .notSubsumed)
        #expect(try service.ancestors(system: dag, code: "d") == ["d", "c", "a", "b"])
        #expect(try service.descendants(system: dag, code: "b", includingSelf: false) == ["c", "d"])
        #expect(try service.subsumes(coding("x", dag), coding("y", dag)) == .subsumes)
        #expect(try service.expanded("\(dag)?fhir_vs").count == 6)
    }

    @Test("a system that does not mind case finds a code in any")
    func caseInsensitive() throws {
        let service = try service(
            #"{"resourceType":"CodeSystem","url":"http://ci.example","status":"active","caseSensitive":false,"content":"complete","concept":[{"code":"Ab"}]}"#
        )
        #expect(try service.validate([coding("aB", "http://ci.example")], inSystem: nil).coding?.code == "Ab")
        #expect(
            service.contains(valueSet: "http://ci.example?fhir_vs", system: "http://ci.example", code: "AB") == true)
    }

    struct ValidationCase: Sendable, CustomTestStringConvertible {
        var code: String
        var system: String? = Club.system
        var display: String?
        var allowsAbstract = false
        var result: Bool
        var message: String?
        var testDescription: String { "\(code) \(display ?? "")" }
    }

    @Test(
        "validate-code in a system tells what is wrong",
        arguments: [
            ValidationCase(code: "clay", result: true),
            ValidationCase(code: "clay", system: nil, result: true),
            ValidationCase(code: "clay", display: "clay  COURT", result: true),
            ValidationCase(code: "clay", display: "红土球场", result: true),
            ValidationCase(
                code: "clay", display: "Grass", result: false,
                message:
                    "The display “Grass” is not a name of “clay” (http://club.example/things); that is “Clay court”."),
            ValidationCase(
                code: "moon", result: false, message: "The code “moon” is not in http://club.example/things|2.0."),
            ValidationCase(
                code: "place", result: false,
                message: "“place” (http://club.example/things) only groups other codes and is not to be used itself."),
            ValidationCase(code: "place", allowsAbstract: true, result: true),
            ValidationCase(
                code: "carpet", result: true,
                message: "“carpet” (http://club.example/things) is valid but no longer in use."),
            ValidationCase(
                code: "clay", system: "http://far.example", result: false,
                message: "“clay” (http://far.example) is not of the code system http://club.example/things."),
        ])
    func validateInSystem(_ example: ValidationCase) throws {
        let answer = try service(Club.codes).validate(
            [CodingReference(system: example.system, code: example.code, display: example.display)],
            inSystem: Club.system, options: CodeValidationOptions(allowsAbstract: example.allowsAbstract))
        #expect(answer.result == example.result)
        #expect(answer.message == example.message)
    }

    @Test(
        "validate-code in a value set tells what is wrong",
        arguments: [
            ValidationCase(code: "clay", result: true),
            ValidationCase(code: "clay", system: nil, result: true),
            ValidationCase(
                code: "bar", result: false,
                message: "“bar” (http://club.example/things) is not in http://club.example/vs/courts."),
            ValidationCase(
                code: "moon", result: false,
                message: "“moon” (http://club.example/things) is not in http://club.example/vs/courts. "
                    + "The code system does not have it either."),
            ValidationCase(
                code: "clay", system: "http://far.example", result: false,
                message: "“clay” (http://far.example) is not in http://club.example/vs/courts."),
        ])
    func validateInValueSet(_ example: ValidationCase) throws {
        let service = try service(Club.codes, Club.filtered("courts", ("concept", "is-a", "court")))
        let answer = try service.validate(
            [CodingReference(system: example.system, code: example.code)],
            in: ValueSetReference(url: Club.url("courts")))
        #expect(answer.result == example.result)
        #expect(answer.message == example.message)
    }

    @Test("one valid coding makes a CodeableConcept valid; without one, all reasons are given")
    func codeableConcept() throws {
        let service = try service(Club.codes, Club.filtered("courts", ("concept", "is-a", "court")))
        let reference = ValueSetReference(url: Club.url("courts"))
        let good = try service.validate([coding("bar"), coding("grass")], in: reference)
        #expect(good.result)
        #expect(good.display == "Grass court")
        let bad = try service.validate([coding("bar"), coding("moon")], in: reference)
        #expect(!bad.result)
        #expect(bad.message?.contains("“bar”") == true && bad.message?.contains("“moon”") == true)
        #expect(throws: TerminologyError.self) { try service.validate([], in: reference) }
    }

    @Test("a code that two systems of a value set have must say which is meant")
    func ambiguous() throws {
        let service = try service(
            Club.valueSet(
                "both",
                #"{"include":[{"system":"http://a.example","concept":[{"code":"x"}]},{"system":"http://b.example","concept":[{"code":"x"}]}]}"#
            ))
        let answer = try service.validate([coding("x", nil)], in: ValueSetReference(url: Club.url("both")))
        #expect(!answer.result)
        #expect(
            try service.validate([coding("x", "http://b.example")], in: ValueSetReference(url: Club.url("both"))).result
        )
    }

    @Test("resources that come along are used without being stored")
    func supplied() throws {
        let service = try service()
        let system = try document(Club.codes).root
        let set = try document(Club.filtered("courts", ("concept", "is-a", "court"))).root
        let reference = ValueSetReference(resource: set, supplied: [system])
        #expect(try service.validate([coding("clay")], in: reference).result)
        #expect(try service.validate([coding("clay")], inSystem: nil, supplied: system).result)
        #expect(throws: TerminologyError.self) { try service.codeSystem(Club.system) }
    }

    @Test("a part of a system can't refuse a code for good")
    func fragments() throws {
        let service = try service(
            #"{"resourceType":"CodeSystem","url":"http://part.example","status":"active","content":"fragment","concept":[{"code":"a"}]}"#
        )
        #expect(
            service.contains(valueSet: "http://part.example?fhir_vs", system: "http://part.example", code: "a") == true)
        #expect(
            service.contains(valueSet: "http://part.example?fhir_vs", system: "http://part.example", code: "b") == nil)
        let answer = try service.validate(
            [coding("b", "http://part.example")], in: ValueSetReference(url: "http://part.example?fhir_vs"))
        #expect(!answer.result)
        #expect(answer.message?.hasPrefix("Only a part of http://part.example is known here") == true)
    }

    @Test("a damaged CodeSystem is refused with its reason")
    func damaged() throws {
        for (resource, reason) in [
            (#"{"resourceType":"CodeSystem","url":"http://x.example","concept":[{"code":"a"},{"code":"a"}]}"#, "twice"),
            (#"{"resourceType":"CodeSystem","url":"http://x.example","concept":[{"display":"a"}]}"#, "has no code"),
        ] {
            let service = try service(resource)
            let error = #expect(throws: TerminologyError.self) { try service.codeSystem("http://x.example") }
            #expect(error?.kind == .unprocessable)
            #expect(error?.message.contains(reason) == true)
        }
    }

    @Test("what is written takes effect at once")
    func revisions() throws {
        let source = ChangingTerminology()
        let service = TerminologyService(source: source, definitions: try Definitions.r4())
        let url = Club.url("courts")
        #expect(service.contains(valueSet: url, system: Club.system, code: "clay") == nil)
        try source.set(Club.codes, Club.filtered("courts", ("concept", "is-a", "court")))
        #expect(service.contains(valueSet: url, system: Club.system, code: "clay") == true)
        try source.set(Club.codes, Club.filtered("courts", ("concept", "is-a", "game")))
        #expect(service.contains(valueSet: url, system: Club.system, code: "clay") == false)
        try source.set()
        #expect(service.contains(valueSet: url, system: Club.system, code: "clay") == nil)
    }
}
