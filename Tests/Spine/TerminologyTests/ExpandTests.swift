import FHIR
import JSON
import Terminology
import Testing

/// <https://hl7.org/fhir/R4/valueset-operation-expand.html>, <https://hl7.org/fhir/R4/valueset.html#compositions>
@Suite("Expanding value sets")
struct ExpandTests {
    struct FilterCase: Sendable, CustomTestStringConvertible {
        let property: String
        let op: String
        let value: String
        let codes: [String]
        var testDescription: String { "\(property) \(op) \(value)" }
        init(_ property: String, _ op: String, _ value: String, _ codes: String...) {
            (self.property, self.op, self.value, self.codes) = (property, op, value, codes)
        }
    }

    @Test(
        "a filter selects what R4 says",
        arguments: [
            FilterCase("concept", "is-a", "court", "court", "clay", "grass", "carpet"),
            FilterCase("concept", "descendent-of", "court", "clay", "grass", "carpet"),
            FilterCase("concept", "is-not-a", "place", "game", "match", "G-9"),
            FilterCase("concept", "generalizes", "clay", "clay", "court", "place"),
            FilterCase("concept", "in", "clay, bar,absent", "clay", "bar"),
            FilterCase("concept", "not-in", "clay,bar,place,court,game", "grass", "carpet", "match", "G-9"),
            FilterCase("concept", "=", "match", "match"),
            FilterCase("concept", "regex", "c[a-z]+t", "court", "carpet"),
            FilterCase("code", "regex", "[A-Z]-[0-9]", "G-9"),
            FilterCase("surface", "=", "red", "clay"),
            FilterCase("surface", "in", "red,green", "clay", "grass"),
            FilterCase("surface", "exists", "true", "clay", "grass"),
            FilterCase("holes", "exists", "false", "place", "court", "clay", "grass", "carpet", "bar", "game", "match"),
            FilterCase("holes", "=", "9", "G-9"),
            FilterCase("opened", "regex", "19..", "clay"),
            FilterCase("parent", "=", "court", "clay", "grass", "carpet"),
            FilterCase("child", "=", "court", "place"),
            FilterCase("display", "=", "Bar", "bar"),
            FilterCase("inactive", "=", "true", "carpet"),
            FilterCase("notSelectable", "=", "true", "place"),
        ])
    func filters(_ example: FilterCase) throws {
        let service = try service(
            Club.codes, Club.filtered("filtered", (example.property, example.op, example.value)))
        #expect(try service.expanded(Club.url("filtered")) == example.codes)
    }

    @Test("several filters of an include must all hold")
    func allFilters() throws {
        let service = try service(
            Club.codes, Club.filtered("both", ("concept", "is-a", "court"), ("surface", "exists", "true")))
        #expect(try service.expanded(Club.url("both")) == ["clay", "grass"])
    }

    @Test(
        "a filter that can't be used is refused with its reason",
        arguments: [
            ("concept", "is-a", "moon", TerminologyError.Kind.unprocessable),
            ("concept", "resembles", "bar", .notSupported),
            ("surface", "is-a", "red", .notSupported),
            ("concept", "regex", "(", .unprocessable),
            ("concept", "regex", "(a+)+b", .tooCostly),
            ("surface", "exists", "perhaps", .unprocessable),
        ])
    func badFilters(_ property: String, _ op: String, _ value: String, _ kind: TerminologyError.Kind) throws {
        let service = try service(Club.codes, Club.filtered("bad", (property, op, value)))
        let error = #expect(throws: TerminologyError.self) { try service.expanded(Club.url("bad")) }
        #expect(error?.kind == kind)
    }

    @Test("includes add, excludes take away, and no code comes twice")
    func composing() throws {
        let set = Club.valueSet(
            "mixed",
            """
            {"include":[{"system":"\(Club.system)","concept":[{"code":"bar","display":"The bar"},{"code":"clay"}]},
              {"system":"\(Club.system)","filter":[{"property":"concept","op":"is-a","value":"court"}]}],
             "exclude":[{"system":"\(Club.system)","concept":[{"code":"grass"}]}]}
            """)
        let service = try service(Club.codes, set)
        #expect(try service.expanded(Club.url("mixed")) == ["bar", "clay", "court", "carpet"])
    }

    @Test("a system with a value set means the codes in both, and several value sets those in all")
    func intersection() throws {
        let courts = Club.filtered("courts", ("concept", "is-a", "court"))
        let coloured = Club.filtered("coloured", ("surface", "exists", "true"))
        let both = Club.valueSet(
            "both",
            """
            {"include":[{"valueSet":["\(Club.url("courts"))","\(Club.url("coloured"))"]},
              {"system":"\(Club.system)","concept":[{"code":"court"},{"code":"bar"}],
               "valueSet":["\(Club.url("courts"))"]}]}
            """)
        let service = try service(Club.codes, courts, coloured, both)
        #expect(try service.expanded(Club.url("both")) == ["clay", "grass", "court"])
    }

    @Test("a value set that imports itself is refused and named")
    func cycle() throws {
        let one = Club.valueSet("one", #"{"include":[{"valueSet":["\#(Club.url("two"))"]}]}"#)
        let two = Club.valueSet("two", #"{"include":[{"valueSet":["\#(Club.url("one"))"]}]}"#)
        let service = try service(one, two)
        let error = #expect(throws: TerminologyError.self) { try service.expanded(Club.url("one")) }
        #expect(error?.kind == .unprocessable)
        #expect(error?.message.contains("vs/one → http://club.example/vs/two → http://club.example/vs/one") == true)
    }

    @Test("inactive codes go when the value set or the request says so")
    func inactive() throws {
        let compose =
            #""include":[{"system":"\#(Club.system)","filter":[{"property":"concept","op":"is-a","value":"court"}]}]"#
        let service = try service(
            Club.codes, Club.valueSet("open", "{\"inactive\":false,\(compose)}"),
            Club.valueSet("all-courts", "{\(compose)}"))
        #expect(try service.expanded(Club.url("open")) == ["court", "clay", "grass"])
        #expect(try service.expanded(Club.url("all-courts")) { $0.activeOnly = true } == ["court", "clay", "grass"])
        #expect(try service.expanded(Club.url("all-courts")).contains("carpet"))
    }

    @Test("codes that only group others go when the request says so")
    func notForUI() throws {
        let service = try service(Club.codes, Club.filtered("up", ("concept", "generalizes", "clay")))
        #expect(try service.expanded(Club.url("up")) { $0.excludeNotForUI = true } == ["clay", "court"])
    }

    @Test("pages are cut from one list, and each tells the total")
    func paging() throws {
        let service = try service(Club.codes)
        let all = try service.expanded("\(Club.system)?fhir_vs")
        #expect(all.count == 9)
        var pages: [String] = []
        for offset in stride(from: 0, to: 12, by: 4) {
            var options = ExpandOptions(identifier: "urn:uuid:0", timestamp: "2026-01-01T00:00:00Z")
            options.offset = offset
            options.count = 4
            let page = try service.expand(ValueSetReference(url: "\(Club.system)?fhir_vs"), options)
            #expect(page.total == 9)
            pages += page.codes.map(\.code)
        }
        #expect(pages == all)
        #expect(try service.expanded("\(Club.system)?fhir_vs") { $0.count = 0 } == [])
        for (offset, count) in [(-1, 4), (0, -1)] {
            let error = #expect(throws: TerminologyError.self) {
                try service.expanded("\(Club.system)?fhir_vs") { ($0.offset, $0.count) = (offset, count) }
            }
            #expect(error?.kind == .invalid)
        }
    }

    @Test(
        "a text filter looks through codes, names in any language, and initials of pinyin",
        arguments: [
            ("clay", ["clay"]), ("CLAY co", ["clay"]), ("court gra", ["grass"]), ("红土", ["clay"]),
            ("qc", ["court", "clay"]), ("htqc", ["clay"]), ("sandplatz", ["clay"]), ("g-", ["G-9"]), ("moon", []),
            ("", nil),
        ] as [(String, [String]?)])
    func textFilter(_ filter: String, _ codes: [String]?) throws {
        let service = try service(Club.codes)
        let found = try service.expanded("\(Club.system)?fhir_vs") { $0.filter = filter }
        if let codes { #expect(found == codes) } else { #expect(found.count == 9) }
    }

    @Test("a whole system nests as its hierarchy does, and a flat list is given on request")
    func nesting() throws {
        let service = try service(Club.codes)
        var options = ExpandOptions(identifier: "urn:uuid:0", timestamp: "2026-01-01T00:00:00Z")
        let nested = try document(
            String(
                decoding: service.expand(ValueSetReference(url: "\(Club.system)?fhir_vs=isa/place"), options).json(),
                as: UTF8.self)
        ).root["expansion"]
        #expect(nested?["total"]?.integer == 6)
        #expect(nested?["contains"]?.count == 1)
        let place = nested?["contains"]?[0]
        #expect(place?["code"]?.string == "place")
        #expect(place?["abstract"]?.bool == true)
        #expect(place?["contains"]?[0]?["contains"]?[2]?["code"]?.string == "carpet")
        #expect(place?["contains"]?[0]?["contains"]?[2]?["inactive"]?.bool == true)
        options.excludeNested = true
        let flat = try document(
            String(
                decoding: service.expand(ValueSetReference(url: "\(Club.system)?fhir_vs=isa/place"), options).json(),
                as: UTF8.self)
        ).root["expansion"]
        #expect(flat?["contains"]?.count == 6)
    }

    @Test("names come in the language asked for, and designations as asked for")
    func languages() throws {
        let service = try service(Club.codes)
        var options = ExpandOptions(identifier: "urn:uuid:0", timestamp: "2026-01-01T00:00:00Z")
        options.displayLanguage = "zh"
        options.designations = ["de"]
        options.count = 9
        let set = try document(
            String(
                decoding: service.expand(ValueSetReference(url: "\(Club.system)?fhir_vs"), options).json(),
                as: UTF8.self))
        let contains = try #require(set.root["expansion"]?["contains"])
        let clay = try #require(contains.elements.first { $0["code"]?.equals("clay") ?? false })
        #expect(clay["display"]?.string == "红土球场")
        #expect(clay["designation"]?.count == 1)
        #expect(clay["designation"]?[0]?["value"]?.string == "Sandplatz")
        let bar = try #require(contains.elements.first { $0["code"]?.equals("bar") ?? false })
        #expect(bar["display"]?.string == "Bar")
    }

    @Test("a value set's own name for a code stands before the system's")
    func ownNames() throws {
        let service = try service(
            Club.codes,
            Club.valueSet(
                "own",
                #"{"include":[{"system":"\#(Club.system)","concept":[{"code":"bar","display":"The Nineteenth"},{"code":"clay"}]}]}"#
            ))
        var options = ExpandOptions(identifier: "urn:uuid:0", timestamp: "2026-01-01T00:00:00Z")
        options.includeDefinition = true
        let set = try document(
            String(decoding: service.expand(ValueSetReference(url: Club.url("own")), options).json(), as: UTF8.self)
        ).root
        #expect(set["compose"] != nil)
        #expect(set["expansion"]?["contains"]?[0]?["display"]?.string == "The Nineteenth")
        #expect(set["expansion"]?["contains"]?[1]?["display"]?.string == "Clay court")
        #expect(set["expansion"]?["contains"]?[1]?["version"]?.string == "2.0")
    }

    @Test("listed codes need no code system; rules over one that is not here are refused")
    func missingSystems() throws {
        let listed = Club.valueSet("far", #"{"include":[{"system":"http://far.example","concept":[{"code":"x"}]}]}"#)
        let whole = Club.valueSet("whole", #"{"include":[{"system":"http://far.example"}]}"#)
        let service = try service(listed, whole)
        #expect(try service.expanded(Club.url("far")) == ["http://far.example|x"])
        let error = #expect(throws: TerminologyError.self) { try service.expanded(Club.url("whole")) }
        #expect(error?.kind == .notFound)
        #expect(error?.message.contains("http://far.example") == true)
        let unknown = #expect(throws: TerminologyError.self) { try service.expanded("http://club.example/vs/none") }
        #expect(unknown?.status == 404)
    }

    @Test("a stored expansion stands for a value set without rules")
    func storedExpansion() throws {
        let service = try service(
            Club.codes,
            """
            {"resourceType":"ValueSet","url":"\(Club.url("stored"))","status":"active","expansion":{"timestamp":"2026",
             "contains":[{"abstract":true,"display":"Courts","contains":[{"system":"\(Club.system)","code":"clay"}]},
              {"system":"http://far.example","code":"x","display":"X"}]}}
            """)
        #expect(try service.expanded(Club.url("stored")) == ["clay", "http://far.example|x"])
        #expect(service.contains(valueSet: Club.url("stored"), system: Club.system, code: "clay") == true)
        #expect(service.contains(valueSet: Club.url("stored"), system: Club.system, code: "bar") == false)
    }

    @Test("an answer past its bound is refused as too costly, and given in pages")
    func tooCostly() throws {
        let concepts = (0...ExpandedValueSet.answerMax).map { #"{"code":"\#($0)"}"# }.joined(separator: ",")
        let service = try service(
            #"{"resourceType":"CodeSystem","url":"http://big.example","status":"active","content":"complete","concept":[\#(concepts)]}"#
        )
        let error = #expect(throws: TerminologyError.self) { try service.expanded("http://big.example?fhir_vs") }
        #expect(error?.kind == .tooCostly)
        #expect(error?.issue.code == .tooCostly)
        let page = try service.expanded("http://big.example?fhir_vs") { ($0.offset, $0.count) = (50_000, 10) }
        #expect(page == ["http://big.example|50000"])
    }

    @Test("the versions asked for are used, and one that differs from the one demanded is refused")
    func versions() throws {
        func system(_ version: String, _ code: String) -> String {
            """
            {"resourceType":"CodeSystem","url":"http://v.example","version":"\(version)","status":"active",
             "content":"complete","concept":[{"code":"\(code)"}]}
            """
        }
        let service = try service(
            system("1.9", "old"), system("1.10", "new"),
            Club.valueSet("v", #"{"include":[{"system":"http://v.example"}]}"#),
            Club.valueSet("v19", #"{"include":[{"system":"http://v.example","version":"1.9"}]}"#))
        #expect(try service.expanded(Club.url("v")) == ["http://v.example|new"])
        #expect(try service.expanded(Club.url("v19")) == ["http://v.example|old"])
        var reference = ValueSetReference(url: Club.url("v"))
        reference.systemVersions.standard = ["http://v.example|1.9"]
        #expect(try service.expanded(reference) == ["http://v.example|old"])
        reference = ValueSetReference(url: Club.url("v19"))
        reference.systemVersions.forced = ["http://v.example|1.10"]
        #expect(try service.expanded(reference) == ["http://v.example|new"])
        reference = ValueSetReference(url: Club.url("v19"))
        reference.systemVersions.checked = ["http://v.example|1.10"]
        #expect(throws: TerminologyError.self) { try service.expanded(reference) }
    }

    @Test("codes of a system can be left out by request")
    func excludedSystems() throws {
        let service = try service(
            Club.codes,
            Club.valueSet(
                "two",
                #"{"include":[{"system":"\#(Club.system)","concept":[{"code":"bar"}]},{"system":"http://far.example","concept":[{"code":"x"}]}]}"#
            ))
        #expect(try service.expanded(Club.url("two")) { $0.excludedSystems = ["http://far.example"] } == ["bar"])
    }
}
