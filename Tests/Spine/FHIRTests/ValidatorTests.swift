import FHIR
import JSON
import Testing

/// One finding, as tests write it down.
struct Expected: Equatable, CustomStringConvertible {
    var code: IssueCode
    var expression: String?
    var words: String

    init(_ code: IssueCode, _ expression: String?, _ words: String) {
        self.code = code
        self.expression = expression
        self.words = words
    }

    var description: String { "\(code.rawValue) \(expression ?? "-"): \(words)" }
}

func findings(_ text: String) throws -> [Expected] {
    let document = try JSONDocument(parsing: Array(text.utf8))
    return Validator(try Definitions.r4()).validate(document).map { Expected($0.code, $0.expression, $0.diagnostics) }
}

/// Checks: https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/validation.html (structure, cardinality,
/// values, bindings)
@Suite("The validator")
struct ValidatorTests {
    @Test(
        "accepts clean resources",
        arguments: [
            #"{"resourceType":"Patient"}"#,
            #"{"resourceType":"Patient","id":"a","name":[{"family":"王","given":["小明"]}],"birthDate":"2024-02-29"}"#,
            #"{"resourceType":"Patient","birthDate":"1990","_birthDate":{"extension":[{"url":"u","valueCode":"x"}]}}"#,
            #"{"resourceType":"Patient","_birthDate":{"id":"b"}}"#,
            #"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"b"}]}]}"#,
            #"{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[{"id":"b"}]}]}"#,
            #"{"resourceType":"Patient","deceasedBoolean":true,"multipleBirthInteger":2,"active":false}"#,
            #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://x\">\u000c</div>"}}"#,
            #"{"resourceType":"Basic","code":{"text":"x"},"extension":[{"url":"u","valueDecimal":1.00e-3}]}"#,
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.0}}"#,
            #"{"resourceType":"Observation","code":{"text":"x"},"_status":{"extension":[{"url":"u","valueId":"y"}]}}"#,
            #"{"resourceType":"Parameters","parameter":[{"name":"p","resource":{"resourceType":"Patient"}}]}"#,
            #"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"}}]}"#,
            #"{"resourceTyp\u0065":"Patient","nam\u0065":[{"family":"x"}]}"#,
            #"{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":["#
                + #"{"linkId":"2","type":"string"}]}]}"#,
        ])
    func clean(_ text: String) throws {
        #expect(try findings(text) == [])
    }

    @Test(
        "finds what is no resource",
        arguments: [
            ("[]", Expected(.structure, nil, "a resource must be an object, not an array")),
            ("{}", Expected(.structure, nil, "a resource must have a resourceType")),
            (#"{"resourceType":1}"#, Expected(.structure, nil, "resourceType must be a string, not a number")),
            (
                #"{"resourceType":"Pacient"}"#,
                Expected(.structure, nil, "\"Pacient\" is not a resource type of FHIR R4")
            ),
            (
                #"{"resourceType":"DomainResource"}"#,
                Expected(.structure, nil, "\"DomainResource\" is not a resource type of FHIR R4")
            ),
            (
                #"{"resourceType":"Patient","contained":[{"id":"x"}]}"#,
                Expected(.structure, "Patient.contained[0]", "a resource must have a resourceType")
            ),
            (
                #"{"resourceType":"Bundle","type":"batch","entry":[{"resource":[]}]}"#,
                Expected(.structure, "Bundle.entry[0].resource", "resource is not a list; found an array")
            ),
        ])
    func noResource(_ text: String, _ expected: Expected) throws {
        #expect(try findings(text) == [expected])
    }

    @Test(
        "finds unknown elements and says where",
        arguments: [
            (#""nmae":[]"#, "Patient.nmae", "Patient has no element nmae"),
            (#""name":[{"first":"x"}]"#, "Patient.name[0].first", "HumanName has no element first"),
            (#""contact":[{"x":1}]"#, "Patient.contact[0].x", "Patient.contact has no element x"),
            (#""_name":[{"id":"x"}]"#, "Patient._name", "Patient has no element _name"),
            (
                #""deceased":true"#, "Patient.deceased",
                "Patient has no element deceased; it is written deceasedBoolean, deceasedDateTime"
            ),
            (#""_birthDate":{"value":"x"}"#, "Patient.birthDate.value", "Element has no element value"),
            (
                #""name":[{"resourceType":"HumanName"}]"#, "Patient.name[0].resourceType",
                "HumanName has no element resourceType"
            ),
        ])
    func unknown(_ member: String, _ expression: String, _ words: String) throws {
        let text = #"{"resourceType":"Patient",\#(member)}"#
        #expect(try findings(text) == [Expected(.structure, expression, words)])
    }

    @Test(
        "finds values of the wrong kind",
        arguments: [
            (#""active":"true""#, "Patient.active", "active must be true or false (boolean); found a string"),
            (#""birthDate":1990"#, "Patient.birthDate", "birthDate must be a string (date); found a number"),
            (
                #""multipleBirthInteger":"2""#, "Patient.multipleBirth",
                "multipleBirthInteger must be a number (integer); found a string"
            ),
            (#""name":[1]"#, "Patient.name[0]", "name must be an object; found a number"),
            (#""name":{"family":"x"}"#, "Patient.name", "name must be an array, not an object"),
            (#""birthDate":["1990"]"#, "Patient.birthDate", "birthDate is not a list; found an array"),
            (#""name":[{"given":"x"}]"#, "Patient.name[0].given", "given must be an array, not a string"),
            (
                #""birthDate":null"#, "Patient.birthDate",
                "birthDate must be a string (date); found null, which is never allowed here"
            ),
            (#""name":null"#, "Patient.name", "name must be an array, not null"),
            (#""name":[null]"#, "Patient.name[0]", "name must be an object; found null, which is never allowed here"),
            (#""name":[]"#, "Patient.name", "name: an array must have at least one element"),
            (#""name":[{}]"#, "Patient.name[0]", "an object must have at least one member"),
            (
                #""name":[{"given":["a",null]}]"#, "Patient.name[0].given[1]",
                "given: null may only stand where _given has an object"
            ),
            (#""name":[{"given":[null],"_given":[null]}]"#, "Patient.name[0].given[0]", nil),
            (
                #""_birthDate":null"#, "Patient.birthDate",
                "_birthDate must be an object; found null, which is never allowed here"
            ),
            (#""name":[{"_given":[null]}]"#, "Patient.name[0]", "_given must have at least one object"),
            (#""name":[{"_given":{"id":"x"}}]"#, "Patient.name[0].given", "_given must be an array, not an object"),
        ] as [(String, String, String?)])
    func kinds(_ member: String, _ expression: String, _ words: String?) throws {
        let found = try findings(#"{"resourceType":"Patient",\#(member)}"#)
        let first = try #require(found.first)
        #expect(first.code == .structure)
        #expect(first.expression == expression)
        if let words {
            #expect(first.words == words)
            #expect(found.count == 1)
        }
    }

    @Test(
        "finds malformed primitives",
        arguments: [
            (#""birthDate":"""#, "birthDate must not be empty"),
            (
                #""birthDate":"1990-1-1""#,
                "birthDate does not have the form of date, YYYY, YYYY-MM or YYYY-MM-DD; found \"1990-1-1\""
            ),
            (#""birthDate":"2023-02-29""#, "birthDate: the calendar has no day \"2023-02-29\""),
            (#""birthDate":"1990-01-01T00:00:00Z""#, nil),
            (#""deceasedDateTime":"1990-01-01T00:00:00""#, nil),
            (
                #""deceasedDateTime":"2023-06-31T00:00:00Z""#,
                "deceasedDateTime: the calendar has no day \"2023-06-31T00:00:00Z\""
            ),
            (
                #""multipleBirthInteger":1.0"#,
                "multipleBirthInteger must be an integer from -2147483648 to 2147483647; found 1.0"
            ),
            (#""multipleBirthInteger":2147483648"#, nil),
            (#""multipleBirthInteger":-2147483649"#, nil),
            (#""multipleBirthInteger":12345678901234567890"#, nil),
            (
                #""id":"a_b""#,
                "id does not have the form of id, 1 to 64 letters, digits, hyphens and points; found \"a_b\""
            ),
            (#""language":" zh""#, nil),
            (#""implicitRules":"a b""#, nil),
            (#""meta":{"lastUpdated":"2024-01-01"}"#, nil),
            (#""photo":[{"data":"QUJ"}]"#, nil),
            (#""photo":[{"size":-1}]"#, "size must be an integer from 0 to 2147483647; found -1"),
            (#""telecom":[{"rank":0}]"#, "rank must be an integer from 1 to 2147483647; found 0"),
            (
                #""name":[{"text":"a\u000cb"}]"#,
                "text does not have the form of string, text without vertical tab or form feed"
            ),
            (
                #""text":{"status":"empty","div":"hello"}"#,
                "div does not have the form of xhtml, XHTML that begins with <div"
            ),
        ] as [(String, String?)])
    func forms(_ member: String, _ words: String?) throws {
        let found = try findings(#"{"resourceType":"Patient",\#(member)}"#)
        #expect(found.count == 1)
        #expect(found.first?.code == .value)
        if let words { #expect(found.first?.words == words) }
    }

    @Test("accepts integers up to the bounds of 32 bits", arguments: ["2147483647", "-2147483648", "0", "-0"])
    func bounds(_ number: String) throws {
        #expect(try findings(#"{"resourceType":"Patient","multipleBirthInteger":\#(number)}"#) == [])
    }

    @Test("finds what is required and lacking")
    func required() throws {
        #expect(
            try findings(#"{"resourceType":"Observation","component":[{"valueString":"x"}]}"#) == [
                Expected(.required, "Observation.component[0].code", "Observation.component.code is required"),
                Expected(.required, "Observation.status", "Observation.status is required"),
                Expected(.required, "Observation.code", "Observation.code is required"),
            ])
        #expect(
            try findings(
                #"{"resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"display":"x"}}"#)
                == [Expected(.required, "MedicationRequest.medication", "MedicationRequest.medication is required")])
    }

    @Test("finds a second type of one choice")
    func choices() throws {
        let words = "deceased[x] may have one type only; found deceasedBoolean and deceasedDateTime"
        for second in [#""deceasedDateTime":"2024""#, #""_deceasedDateTime":{"id":"x"}"#] {
            let found = try findings(#"{"resourceType":"Patient","deceasedBoolean":true,\#(second)}"#)
            #expect(found.count == 1)
            #expect(found.first?.expression == "Patient.deceased")
            #expect(found.first?.words.replacing("_", with: "") == words)
        }
        #expect(try findings(#"{"resourceType":"Patient","deceasedBoolean":true,"_deceasedBoolean":{"id":"x"}}"#) == [])
        #expect(try findings(#"{"resourceType":"Patient","deceasedQuantity":{"value":1}}"#).count == 1)
    }

    @Test("finds codes outside required value sets")
    func bindings() throws {
        #expect(
            try findings(#"{"resourceType":"Patient","gender":"M"}"#) == [
                Expected(
                    .codeInvalid, "Patient.gender",
                    "gender: \"M\" is not in the required value set http://hl7.org/fhir/ValueSet/administrative-gender"
                        + " (male, female, other, unknown)")
            ])
        func condition(_ status: String) -> String {
            #"{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":\#(status)}"#
        }
        let system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        #expect(try findings(condition(#"{"coding":[{"system":"\#(system)","code":"active"}]}"#)) == [])
        #expect(try findings(condition(#"{"coding":[{"code":"x"},{"system":"\#(system)","code":"active"}]}"#)) == [])
        for wrong in [
            #"{"coding":[{"system":"\#(system)","code":"x"}]}"#, #"{"coding":[{"code":"active"}]}"#, #"{"text":"x"}"#,
        ] {
            let found = try findings(condition(wrong))
            #expect(found.map(\.code) == [.codeInvalid])
            #expect(found.first?.expression == "Condition.clinicalStatus")
        }
        // MIME types cannot be enumerated.
        #expect(try findings(#"{"resourceType":"Patient","photo":[{"contentType":"image/anything"}]}"#) == [])
    }

    @Test(
        "accepts references of every form to allowed types",
        arguments: [
            "Organization/1", "Organization/1/_history/2", "http://example.org/fhir/Organization/1",
            "Organization?name=x",
            "https://example.org/fhir/Organization/1/_history/3", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
            "urn:oid:1.2.3", "http://example.org/anything", "#o", "#",
        ])
    func references(_ reference: String) throws {
        let text =
            #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o"}],"#
            + #""managingOrganization":{"reference":"\#(reference)"}}"#
        #expect(try findings(text) == [])
    }

    @Test(
        "finds references to other types, of wrong form, or to nothing",
        arguments: [
            ("Practitioner/1", IssueCode.structure, "the reference must point to Organization; found Practitioner"),
            (
                "http://example.org/fhir/Practitioner/1", .structure,
                "the reference must point to Organization; found Practitioner"
            ),
            ("Practitioner?name=x", .structure, "the reference must point to Organization; found Practitioner"),
            ("#p", .structure, "the reference must point to Organization; found Practitioner"),
            ("#q", .notFound, "the resource contains none with the id that \"#q\" names"),
            ("Organisation/1", .value, nil), ("1", .value, nil), ("Organization/", .value, nil),
            ("Organization/a b", .value, nil), ("a/Organization/1", .value, nil), ("Organization/1/2", .value, nil),
        ] as [(String, IssueCode, String?)])
    func wrongReferences(_ reference: String, _ code: IssueCode, _ words: String?) throws {
        let text =
            #"{"resourceType":"Patient","contained":[{"resourceType":"Practitioner","id":"p"}],"#
            + #""managingOrganization":{"reference":"\#(reference)"}}"#
        let found = try findings(text)
        #expect(found.map(\.code) == [code])
        #expect(found.first?.expression == "Patient.managingOrganization.reference")
        if let words { #expect(found.first?.words == words) }
    }

    @Test("looks into resources inside others, each with its own contained ones")
    func inside() throws {
        let patient =
            #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":1}],"#
            + ##""managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"#x"}]}"##
        let text = #"{"resourceType":"Bundle","type":"x","entry":[{"fullUrl":"u"},{"resource":\#(patient)}]}"#
        #expect(
            try findings(text).map { "\($0.code.rawValue) \($0.expression ?? "")" } == [
                "code-invalid Bundle.type",
                "structure Bundle.entry[1].resource.contained[0].name",
                "not-found Bundle.entry[1].resource.generalPractitioner[0].reference",
            ])
    }

    @Test("gives locations from a resource inside a document as if it were alone")
    func node() throws {
        let bundle =
            #"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","gender":"x"}}]}"#
        let document = try JSONDocument(parsing: Array(bundle.utf8))
        let resource = try #require(document.root["entry"]?[0]?["resource"])
        let found = Validator(try Definitions.r4()).validate(resource)
        #expect(found.map(\.expression) == ["Patient.gender"])
        #expect(found.first?.severity == .error)
        #expect(found.first?.byteOffset == bundle.utf8.count - #""x"}}]}"#.utf8.count)
    }

    @Test("stops listing after the most findings it may report")
    func bounded() throws {
        let names = Array(repeating: "1", count: 1000).joined(separator: ",")
        let document = try JSONDocument(parsing: Array(#"{"resourceType":"Patient","name":[\#(names)]}"#.utf8))
        let found = Validator(try Definitions.r4(), issuesMax: 10).validate(document)
        #expect(found.count == 11)
        #expect(found.last?.diagnostics == "more than 10 findings; the others are not listed")
    }

    @Test("follows nesting to its bound and no further")
    func deep() throws {
        let depth = 2000
        let text =
            #"{"resourceType":"Basic","code":{"text":"x"},"extension":["#
            + String(repeating: #"{"url":"u","extension":["#, count: depth) + #"{"url":"u","valueCode":"c"}"#
            + String(repeating: "]}", count: depth) + "]}"
        let document = try JSONDocument(parsing: Array(text.utf8), limits: JSONLimits(depthMax: 10_000))
        let found = Validator(try Definitions.r4()).validate(document)
        #expect(found.map(\.code) == [.tooLong])
    }

    @Test("takes time in proportion to the text, however hostile")
    func hostile() throws {
        let count = 100_000
        func list(_ element: String) -> String {
            Array(repeating: element, count: count).joined(separator: ",")
        }
        let contained = (0..<count / 10).map { #"{"resourceType":"Basic","code":{"text":"x"},"id":"i\#($0)"}"# }
        let references = (0..<count / 10).map { ##"{"reference":"#i\##($0)"}"## }
        let texts = [
            #"{"resourceType":"Patient","name":[{"given":[\#(list("null"))],"_given":[\#(list(#"{"id":"x"}"#))]}]}"#,
            #"{"resourceType":"Patient","name":[{"given":[\#(list("null"))]}]}"#,
            #"{"resourceType":"Patient","name":[\#(list("1"))]}"#,
            #"{"resourceType":"Patient",\#((0..<count).map { "\"x\($0)\":1" }.joined(separator: ","))}"#,
            #"{"resourceType":"List","status":"current","mode":"working","contained":["#
                + contained.joined(separator: ",") + "],"
                + #""entry":[\#(references.map { #"{"item":\#($0)}"# }.joined(separator: ","))]}"#,
        ]
        let validator = Validator(try Definitions.r4())
        let clock = ContinuousClock()
        for text in texts {
            let document = try JSONDocument(parsing: Array(text.utf8))
            let spent = clock.measure { _ = validator.validate(document) }
            #expect(spent < .seconds(2))
        }
    }

    @Test("never fails, whatever is done to a resource", arguments: 0..<150 as Range<UInt64>)
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let validator = Validator(try Definitions.r4())
        let original = Array(
            (#"{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","id":"1","#
                + #""contained":[{"resourceType":"Organization","id":"o"}],"#
                + ##""managingOrganization":{"reference":"#o"},"##
                + #""name":[{"given":["a",null],"_given":[null,{"id":"x"}]}],"#
                + #""birthDate":"1990-01-01","deceasedBoolean":true}}]}"#).utf8)
        for _ in 0..<100 {
            var text = original
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                let from = Int.random(in: 0..<original.count, using: &generator)
                let to = min(original.count, from + Int.random(in: 0...12, using: &generator))
                text.replaceSubrange(place..<min(text.count, place + 3), with: original[from..<to])
            }
            guard let document = try? JSONDocument(parsing: text) else { continue }
            for finding in validator.validate(document) {
                #expect(!finding.diagnostics.isEmpty)
                #expect(finding.byteOffset.map { $0 < text.count } ?? false)
            }
        }
    }
}
