import FHIR
import JSON
import Testing
import Validation

/// Checks: https://hl7.org/fhir/R4/profiling.html
@Suite("Profiles that are given")
struct ProfileTests {
    private func findings(_ elements: String, _ patient: String, claims: Bool = true) throws -> [String] {
        let profile =
            #"{"resourceType":"StructureDefinition","url":"http://t/p","type":"Patient","differential":{"element":["#
            + elements + "]}}"
        let meta = claims ? #","meta":{"profile":["http://t/p"]}"# : ""
        let text = #"{"resourceType":"Patient"\#(meta)\#(patient.isEmpty ? "" : ",")\#(patient)}"#
        let validator = try ResourceValidator(
            definitions: .r4(), given: GivenDefinitions([JSONDocument(parsing: Array(profile.utf8))]))
        var options = ResourceValidator.Options()
        if !claims { options.profiles = ["http://t/p"] }
        return try validator.validate(JSONDocument(parsing: Array(text.utf8)), options).map {
            "\($0.severity.rawValue) \($0.code.rawValue) @ \($0.expression ?? "")"
        }
    }

    @Test(
        "limit elements",
        arguments: [
            (#"{"path":"Patient.name","min":1}"#, "", ["error required @ Patient.name"]),
            (#"{"path":"Patient.name","min":1}"#, #""name":[{"text":"x"}]"#, []),
            (#"{"path":"Patient.name.family","min":1}"#, "", []),
            (
                #"{"path":"Patient.name.family","min":1}"#, #""name":[{"text":"x"}]"#,
                ["error required @ Patient.name[0].family"]
            ),
            (#"{"path":"Patient.photo","max":"0"}"#, #""photo":[{"title":"x"}]"#, ["error structure @ Patient.photo"]),
            (#"{"path":"Patient.active","fixedBoolean":true}"#, #""active":false"#, ["error value @ Patient.active"]),
            (
                #"{"path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"a"}]}}"#,
                #""maritalStatus":{"coding":[{"system":"http://s","code":"a"}],"text":"x"}"#, []
            ),
            (
                #"{"path":"Patient.maritalStatus","patternCodeableConcept":{"coding":[{"code":"a"}]}}"#,
                #""maritalStatus":{"text":"x"}"#, ["error value @ Patient.maritalStatus"]
            ),
            (
                #"{"path":"Patient.deceased[x]","type":[{"code":"boolean"}]}"#, #""deceasedDateTime":"2020""#,
                ["error structure @ Patient.deceased"]
            ),
            (
                #"{"path":"Patient.maritalStatus","binding":{"strength":"required","valueSet":"http://hl7.org/fhir/ValueSet/administrative-gender"}}"#,
                #""maritalStatus":{"coding":[{"system":"http://hl7.org/fhir/administrative-gender","code":"x"}]}"#,
                [
                    "error code-invalid @ Patient.maritalStatus",
                    "error code-invalid @ Patient.maritalStatus.coding[0].code",
                ]
            ),
            (
                #"{"path":"Patient","constraint":[{"key":"k-1","severity":"error","human":"x","expression":"active.exists()"}]}"#,
                "", ["error invariant @ Patient"]
            ),
        ])
    func limit(_ elements: String, _ patient: String, _ expected: [String]) throws {
        #expect(try findings(elements, patient).sorted() == expected.sorted())
        #expect(try findings(elements, patient, claims: false).sorted() == expected.sorted())
    }

    private static let slices = #"""
        {"id":"Patient.identifier","path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"closed"}},
        {"id":"Patient.identifier:a","path":"Patient.identifier","sliceName":"a","min":1,"max":"1"},
        {"id":"Patient.identifier:a.system","path":"Patient.identifier.system","fixedUri":"http://a"},
        {"id":"Patient.identifier:a.value","path":"Patient.identifier.value","min":1}
        """#

    @Test(
        "slice",
        arguments: [
            (#"{"system":"http://a","value":"1"}"#, []),
            (#"{"system":"http://a"}"#, ["error required @ Patient.identifier[0].value"]),
            (
                #"{"system":"http://b","value":"1"}"#,
                ["error required @ Patient.identifier", "error structure @ Patient.identifier[0]"]
            ),
            (
                #"{"system":"http://a","value":"1"},{"system":"http://a","value":"2"}"#,
                ["error structure @ Patient.identifier"]
            ),
        ])
    func slice(_ identifiers: String, _ expected: [String]) throws {
        #expect(try findings(Self.slices, #""identifier":[\#(identifiers)]"#).sorted() == expected)
    }

    @Test("tell extensions apart by URL")
    func extensions() throws {
        let elements = #"""
            {"id":"Patient.extension:e","path":"Patient.extension","sliceName":"e","min":1,"type":[{"code":"Extension","profile":["http://e"]}]}
            """#
        #expect(try findings(elements, #""extension":[{"url":"http://e","valueCode":"x"}]"#) == [])
        #expect(
            try findings(elements, #""extension":[{"url":"http://f","valueCode":"x"}]"#) == [
                "error required @ Patient.extension"
            ])
    }
}
