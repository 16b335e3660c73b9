import FHIR
import FHIRPath
import JSON
import Testing

/// Rules that the official tests leave open, and what a server needs besides.
@Suite("FHIRPath")
struct EvaluationTests {
    static let patient = """
        {"resourceType":"Patient","id":"p","_birthDate":{"id":"b","extension":[{"url":"urn:why","valueCode":"unknown"}]},
        "contained":[{"resourceType":"Organization","id":"o","name":"Clinic"}],
        "managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"Practitioner/7/_history/2"}],
        "deceasedDateTime":"2020-02","name":[{"given":["A",null,"C"],"_given":[null,{"id":"x"},{"id":"y"}]}],
        "extension":[{"url":"urn:q","valueQuantity":{"value":2.50,"system":"http://unitsofmeasure.org","code":"kg"}}]}
        """

    /// The items of an expression on the patient, as JSON.
    private func evaluate(
        _ text: String, _ environment: FHIRPathEnvironment = FHIRPathEnvironment(), isStrict: Bool = false
    ) throws -> [String] {
        let options = FHIRPathOptions(contextType: "Patient", isStrict: isStrict)
        let expression = try FHIRPathExpression(text, definitions: .r4(), options: options)
        let document = try JSONDocument(parsing: Array(Self.patient.utf8))
        return try expression.evaluate(on: document.root, environment).map {
            String(decoding: $0.json(), as: UTF8.self)
        }
    }

    @Test(
        "reads elements as the tape has them",
        arguments: [
            ("birthDate.extension.value", [#""unknown""#]), ("birthDate.hasValue()", ["false"]),
            ("birthDate.id", [#""b""#]), ("birthDate.exists()", ["true"]), ("deceased", [#""2020-02""#]),
            ("deceased is dateTime", ["true"]), ("name.given.count()", ["3"]), ("name.given[1].id", [#""x""#]),
            ("name.given[2].id", [#""y""#]), ("name.given.where($this.hasValue()).join('-')", [#""A-C""#]),
            ("extension('urn:q').value > 2400 'g'", ["true"]), ("extension.value.value", ["2.50"]),
            ("managingOrganization.resolve().name", [#""Clinic""#]), ("contained.ofType(Organization).id", [#""o""#]),
            ("generalPractitioner.getReferenceKey()", [#""7""#]),
            ("generalPractitioner.getReferenceKey(Patient)", []), ("getResourceKey()", [#""p""#]),
            ("Patient.deceased.ofType(dateTime)", [#""2020-02""#]), ("deceased.ofType(boolean).exists()", ["false"]),
            ("deceased.ofType(boolean)", []), ("name.family.empty()", ["true"]),
            ("maritalStatus.coding.code.count()", ["0"]),
            ("name.first().given.first().is(string)", ["true"]),
            ("children().count() = descendants().count()", ["false"]), ("name.type().name", [#""HumanName""#]),
        ])
    func elements(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test(
        "computes exactly",
        arguments: [
            ("0.1 + 0.2", ["0.3"]), ("1.50 * 2", ["3.00"]), ("10 / 4", ["2.5"]), ("7 div 2", ["3"]),
            ("-7 mod 3", ["-1"]),
            ("1 / 0", []), ("9223372036854775807 + 1", []), ("2.power(10)", ["1024"]), ("(-0.5).round()", ["-1"]),
            ("99999999999999999999.5 + 0.5", ["100000000000000000000.0"]),
            ("123456789012345678.25 + 0.05", ["123456789012345678.30"]),
            ("0.123456789012345678901 > 0.123456789012345678", ["true"]),
            ("1.000000000000000000 = 1", ["true"]),
            ("123456789012345678 < 123456789012345678.000000000000000001", ["true"]),
            ("1 'cm' + 1 'm'", ["\"101 'cm'\""]),
            ("1 'm' + 1 'cm'", ["\"101 'cm'\""]), ("1 year - 1 month", [#""11 month""#]),
            ("2 days + 1 day", [#""3 days""#]), ("1 'Cel' = 33.8 '[degF]'", ["true"]),
            ("37 'Cel' > 98 '[degF]'", ["true"]), ("1 'kg' > 1 's'", []), ("1 year = 12 months", ["true"]),
            ("1 year ~ 1 'a'", ["true"]), ("3 'm' / 2 's'", ["\"1.5 'm/s'\""]),
        ])
    func arithmetic(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test(
        "reckons with dates as far as they are known",
        arguments: [
            ("@2016-02-29 + 1 year", [#""2017-02-28""#]), ("@2014 + 24 months", [#""2016""#]),
            ("@2014-01-31 + 1 month", [#""2014-02-28""#]), ("@2014-01-01 - 1 day", [#""2013-12-31""#]),
            ("@T23:30 + 45 minutes", [#""00:15""#]), ("@2014-01-01 + 25 hours", [#""2014-01-02""#]),
            ("@2014-01 = @2014-01-05", []), ("@2014-01 < @2014-02-05", ["true"]),
            ("@2014-01-01T00:00+08:00 = @2013-12-31T16:00Z", ["true"]),
            ("@2014-01-01T00:00Z < @2014-01-03T00:00", ["true"]), ("@2014-01-01T00:00Z < @2014-01-01T05:00", []),
            ("@2014.lowBoundary()", [#""2014-01-01""#]), ("@2016-02.highBoundary()", [#""2016-02-29""#]),
            ("@T10.highBoundary()", [#""10:59:59.999""#]),
            ("@2014-01-01T08:05:00Z.precision()", ["14"]),
        ])
    func dates(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test(
        "keeps variables to the branch that defines them",
        arguments: [
            ("defineVariable('n', 1).select(%n + 1)", ["2"]),
            ("defineVariable('n', 1).select(%n) | defineVariable('n', 2).select(%n)", ["1", "2"]),
            ("(3 | 1 | 2).sort()", ["1", "2", "3"]), ("(3 | 1 | 2).sort($this desc)", ["3", "2", "1"]),
            ("(1 | 2).aggregate($this + $total, 0)", ["3"]), ("(1 | 2.5).sum()", ["3.5"]), ("{}.sum()", []),
            ("%sct", [#""http://snomed.info/sct""#]),
            ("%given & '!'", [#""set!""#]),
        ])
    func variables(text: String, values: [String]) throws {
        var environment = FHIRPathEnvironment()
        environment.variables["given"] = [.string("set")]
        #expect(try evaluate(text, environment) == values)
    }

    @Test(
        "converts as far as the text is what it should be",
        arguments: [
            ("'4days'.toQuantity()", [#""4 days""#]), ("'1\\'mg\\''.toQuantity()", [#""1 'mg'""#]),
            ("'4 '.toQuantity()", []), ("'1.2.3'.toQuantity()", []), ("'2012-13'.toDate()", []),
            ("'2012-02-30'.toDate()", []), ("'25:00'.toTime()", []), ("'1e3'.toDecimal()", []),
            ("'123456789012345678901.5'.toDecimal()", ["123456789012345678901.5"]), ("'+1'.toInteger()", ["1"]),
        ])
    func conversions(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test("refuses literals that name no day", arguments: ["@2015-13", "@2015-00", "@2015-02-30", "@T25:00"])
    func literals(text: String) {
        #expect(throws: FHIRPathError.self) { try evaluate(text) }
    }

    @Test(
        "reads texts beyond ASCII as it reads others",
        arguments: [
            ("'Émile'.upper()", [#""ÉMILE""#]), ("'ÉMILE'.lower()", [#""émile""#]), ("'\r\n'.length()", ["1"]),
            ("'汉字'.length()", ["2"]), ("'汉字'.contains('字')", ["true"]), ("'汉字'.endsWith('字')", ["true"]),
            ("'汉字'.matches('^.字$')", ["true"]), ("'a1b2'.matches('^([a-z][0-9]){2}$')", ["true"]),
            ("'a1'.matches('^[^a]')", ["false"]), ("'汉'.matches('^[^a]{1,2}$')", ["true"]),
            ("'xab12'.matches('[a-z]{2}1')", ["true"]), ("'xab12'.matchesFull('[a-z]{2}1')", ["false"]),
            ("'ab'.matches('[a-z]{3}')", ["false"]), ("'ab\\n'.matches('b$')", ["false"]),
            ("'a汉b'.matches('汉[a-c]')", ["true"]), ("''.matches('^$')", ["true"]), ("'ab'.matches('^b')", ["false"]),
            ("name.given.first() & '-' & {} & 'é' & 1.50", [#""A-é1.50""#]), ("{} & {} & {}", [#""""#]),
        ])
    func texts(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test("sorts what has no key first, in either direction")
    func sorting() throws {
        #expect(try evaluate("(3 | 1 | 2).sort(iif($this = 2, {}, $this))") == ["2", "1", "3"])
        #expect(try evaluate("(3 | 1 | 2).sort(iif($this = 2, {}, $this) desc)") == ["2", "3", "1"])
    }

    @Test("tells what R4 defines an element to be")
    func elementDefinitions() throws {
        #expect(try evaluate("name.elementDefinition().path") == [#""Patient.name""#])
        #expect(try evaluate("deceased.elementDefinition().select(path & ' ' & max)") == [#""Patient.deceased[x] 1""#])
        #expect(try evaluate("deceased.elementDefinition().type.code") == [#""boolean""#, #""dateTime""#])
        #expect(try evaluate("name.given.elementDefinition().max.distinct()") == [#""*""#])
        #expect(try evaluate("elementDefinition().path") == [#""Patient""#])
        #expect(try evaluate("name.slice('urn:structure', 'official')").isEmpty)
    }

    @Test("yields values that keep their documents alive")
    func lifetimes() throws {
        var values: [FHIRPathValue] = []
        do {
            var environment = FHIRPathEnvironment()
            environment.resolve = { _ in
                try? JSONDocument(parsing: Array(#"{"resourceType":"Practitioner","id":"a \u0041"}"#.utf8)).root
            }
            let text = "name.given | generalPractitioner.resolve().id | name.elementDefinition().path"
            let document = try JSONDocument(parsing: Array(Self.patient.utf8))
            values = try FHIRPathExpression(text, definitions: .r4()).evaluate(on: document.root, environment)
        }
        #expect(values.compactMap { $0.node?.string } == ["A", "C", "a A", "Patient.name"])
        #expect(values.compactMap(\.shortTypeName) == ["string", "string", "string", "id", "string"])
        guard case .string("C") = values[2].system else {
            Issue.record("\(values[2].typeName)")
            return
        }
    }

    @Test("finds elements by keys that are written with escapes, and choices by any of their keys")
    func keys() throws {
        let text = #"""
            {"resourceType":"Observation","status":"final","_valueString":{"id":"v"},"valueString":"x",
            "component":[{"_valueTime":{"id":"t"}},{"valueInteger":3},{"value":4,"valueFoo":5}]}
            """#
        let document = try JSONDocument(parsing: Array(text.utf8))
        func evaluate(_ text: String) throws -> [String] {
            try FHIRPathExpression(text, definitions: .r4()).evaluate(on: document.root).map {
                String(decoding: $0.json(), as: UTF8.self)
            }
        }
        #expect(try evaluate("status") == [#""final""#])
        #expect(try evaluate("value") == [#""x""#])
        #expect(try evaluate("value.id") == [#""v""#])
        #expect(try evaluate("component.value") == ["null", "3"])
        #expect(try evaluate("component.value.id") == [#""t""#])
        #expect(try evaluate("descendants().count()") == ["9"])
        #expect(try evaluate("children().count()") == ["5"])
    }

    @Test("asks its environment what only others know, and takes the time from it")
    func hooks() throws {
        var environment = FHIRPathEnvironment()
        environment.now = FHIRPathInstant(milliseconds: 1_400_000_000_000)
        environment.resolve = { reference in
            reference == "Practitioner/7/_history/2"
                ? try? JSONDocument(parsing: Array(#"{"resourceType":"Practitioner","id":"7"}"#.utf8)).root : nil
        }
        environment.memberOf = { _, code, set in code == "unknown" && set == "urn:set" }
        environment.conformsTo = { _, profile in profile == "urn:mine" }
        #expect(try evaluate("now()", environment) == [#""2014-05-14T00:53:20.000+08:00""#])
        #expect(try evaluate("today()", environment) == [#""2014-05-14""#])
        #expect(try evaluate("generalPractitioner.resolve() is Practitioner", environment) == ["true"])
        #expect(try evaluate("birthDate.extension.value.memberOf('urn:set')", environment) == ["true"])
        #expect(try evaluate("conformsTo('urn:mine')", environment) == ["true"])
    }

    @Test(
        "refuses in strict mode what can't be right",
        arguments: [
            "nickname", "name.given.family", "Encounter.status", "name.startsWith('a')", "children().skip(1)",
            "deceasedDateTime", "birthDate + 'a'", "iif('a', 1, 2)", "name[true]", "gender * 2", "active > true",
        ])
    func strict(text: String) throws {
        #expect(throws: FHIRPathError.self) { try evaluate(text, isStrict: true) }
    }

    @Test(
        "accepts in strict mode what can be right",
        arguments: [
            "name.given.first()", "Patient.name", "Resource.id", "deceased as dateTime", "contact.name.family",
            "contained.name", "extension.value.code", "managingOrganization.resolve().name", "birthDate.extension.url",
            "descendants().where(reference = '#')", "link.other.reference", "(name | contact.name).family",
        ])
    func strictAccepts(text: String) throws {
        #expect(throws: Never.self) { try evaluate(text, isStrict: true) }
    }

    @Test(
        "tells where the text is wrong",
        arguments: [("name.", 6), ("name.where(use = )", 18), ("1 +", 4), ("'abc", 1), ("name.foo()", 6), ("a b", 3)])
    func places(text: String, column: Int) throws {
        let error = #expect(throws: FHIRPathError.self) { try evaluate(text) }
        #expect(error?.line == 1)
        #expect(error?.column == column, "\(error?.description ?? "")")
    }

    @Test(
        "gives up what would never end",
        arguments: [
            String(repeating: "(", count: 10_000) + "1", String(repeating: "-", count: 5_000) + "1",
            String(repeating: "iif(true,", count: 2_000) + "1" + String(repeating: ")", count: 2_000),
            "('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!').matches('^(a+)+$')",
            "1" + String(repeating: " is Integer", count: 5_000), "(1).repeatAll($this)",
            "'x'.matches('(a{1000}){1000}')", "'x'.matches('[')", "'x'.matches('(')",
        ])
    func limits(text: String) throws {
        #expect(throws: FHIRPathError.self) { try evaluate(text) }
    }

    @Test("reckons to the ends of its numbers and of the calendar without a trap")
    func ends() throws {
        let most = "170141183460469231731687303715884105727"
        #expect(try evaluate("(-\(most) - 1) / -1").isEmpty)
        #expect(try evaluate("-9223372036854775807 - 1 - 1").isEmpty)
        #expect(try evaluate("@2014-01-01 + 9223372036854775807 hours").isEmpty)
        #expect(try evaluate("@2014-01-01 - 99999999999 days").isEmpty)
        #expect(try evaluate("\(most).highBoundary()").isEmpty)
        #expect(try evaluate("'abc'.substring(9223372036854775807)").isEmpty)
    }

    @Test("reads long chains without nesting, and deep nesting to its bound")
    func chains() throws {
        let deep = String(repeating: "iif(true,(", count: 45) + "7" + String(repeating: "))", count: 45)
        #expect(try evaluate(deep) == ["7"])
        let sum = Array(repeating: "1", count: 5_000).joined(separator: "+")
        #expect(try evaluate(sum) == ["5000"])
        let path = "name" + String(repeating: ".where(true)", count: 2_000) + ".count()"
        #expect(try evaluate(path) == ["1"])
    }

    @Test(
        "matches regular expressions",
        arguments: [
            ("'2014-05'.matches('^\\\\d{4}-\\\\d{2}$')", ["true"]), ("'abcabc'.matches('^(abc)\\\\1$')", ["true"]),
            ("'foobar'.matches('foo(?=bar)')", ["true"]), ("'foobaz'.matches('foo(?!baz)')", ["false"]),
            ("'xbar'.matches('(?<=x)bar')", ["true"]), ("'ABC'.matches('abc', 'i')", ["true"]),
            ("'aXbX'.replaceMatches('X', '-')", [#""a-b-""#]),
            (
                "'11/30/1972'.replaceMatches('(?<m>\\\\d+)/(?<d>\\\\d+)/(?<y>\\\\d+)', '${y}-${m}-${d}')",
                [#""1972-11-30""#]
            ),
            ("'aaa'.matchesFull('a{2}')", ["false"]), ("'汉字'.matches('^\\\\p{L}{2}$')", ["true"]),
        ])
    func patterns(text: String, values: [String]) throws {
        #expect(try evaluate(text) == values)
    }

    @Test("compiles every invariant of the specification, in strict mode too where it is no older form")
    func invariants() throws {
        let definitions = try Definitions.r4()
        for invariant in try definitions.invariants() {
            let type = definitions.structure(invariant.path) == nil ? nil : invariant.path
            #expect(throws: Never.self, "\(invariant.path) \(invariant.key)") {
                try FHIRPathExpression(
                    invariant.expression, definitions: definitions, options: FHIRPathOptions(contextType: type))
            }
        }
    }

    @Test("counts one value as true, none as unknown and several as a fault")
    func criteria() throws {
        let document = try JSONDocument(parsing: Array(Self.patient.utf8))
        func holds(_ text: String) throws -> Bool? {
            try FHIRPathExpression(text, definitions: .r4()).isTrue(on: document.root, type: nil)
        }
        #expect(try holds("name") == true)
        #expect(try holds("name.exists().not()") == false)
        #expect(try holds("photo") == nil)
        #expect(throws: FHIRPathError.self) { try holds("name.given") }
    }
}
