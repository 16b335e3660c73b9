import Testing
import Validation

/// Checks: https://hl7.org/fhir/R4/extensibility.html, /terminologies.html, /datatypes.html
@Suite("Extensions and codes")
struct ExtensionAndCodeTests {
    private static let base = "http://hl7.org/fhir/StructureDefinition/"

    @Test(
        "follow R4's own definitions of extensions",
        arguments: [
            (#"{"url":"BASEpatient-birthPlace","valueAddress":{"city":"x"}}"#, []),
            (#"{"url":"BASEpatient-birthPlace","valueString":"x"}"#, ["error structure @ Patient.extension[0].value"]),
            (
                #"{"url":"BASEpatient-birthPlace|4.0.1","valueAddress":{"city":"x"}}"#,
                ["error invalid @ Patient.extension[0]", "error value @ Patient.extension[0].url"]
            ),
            (
                #"{"url":"BASEdevice-implantStatus","valueCode":"functional"}"#,
                ["error structure @ Patient.extension[0]"]
            ),
            (
                #"{"url":"BASEpatient-nationality","extension":[{"url":"code","valueCodeableConcept":{"text":"x"}}]}"#,
                []
            ),
            (
                #"{"url":"BASEpatient-nationality","extension":[{"url":"kode","valueCodeableConcept":{"text":"x"}}]}"#,
                ["error extension @ Patient.extension[0].extension[0]"]
            ),
            (
                #"{"url":"BASEgeolocation","extension":[{"url":"latitude","valueDecimal":1}]}"#,
                ["error structure @ Patient.extension[0]", "error required @ Patient.extension[0]"]
            ),
            (
                #"{"valueCode":"x"}"#,
                ["error required @ Patient.extension[0].url", "error extension @ Patient.extension[0]"]
            ),
        ])
    func extensions(_ text: String, _ expected: [String]) throws {
        let text = text.replacing("BASE", with: Self.base)
        #expect(try found(#"{"resourceType":"Patient","extension":[\#(text)]}"#).sorted() == expected.sorted())
    }

    @Test("let extensions stand on elements of any type that the context names")
    func contexts() throws {
        let name = #"{"family":"A","_family":{"extension":[{"url":"BASEhumanname-own-name","valueString":"A"}]}}"#
        #expect(try found(#"{"resourceType":"Patient","name":[\#(name.replacing("BASE", with: Self.base))]}"#) == [])
        let gender = #"{"extension":[{"url":"BASEdata-absent-reason","valueCode":"unknown"}]}"#
        #expect(try found(#"{"resourceType":"Patient","_gender":\#(gender.replacing("BASE", with: Self.base))}"#) == [])
    }

    @Test(
        "know HL7's own code systems",
        arguments: [
            (#"{"system":"SYSTEMv3-MaritalStatus","code":"M","display":"Married"}"#, []),
            (#"{"system":"SYSTEMv3-MaritalStatus","code":"M","display":"married"}"#, []),
            (#"{"system":"SYSTEMv3-MaritalStatus","code":"M","display":"已婚"}"#, []),
            (
                #"{"system":"SYSTEMv3-MaritalStatus","code":"M","display":"Divorced"}"#,
                ["error code-invalid @ Patient.maritalStatus.coding[0].display"]
            ),
            (
                #"{"system":"SYSTEMv3-MaritalStatus","code":"?"}"#,
                ["error code-invalid @ Patient.maritalStatus.coding[0].code"]
            ),
            (#"{"system":"http://local.example/cs","code":"?"}"#, []),
            (
                #"{"system":"https://snomed.info/sct","code":"1"}"#,
                ["error code-invalid @ Patient.maritalStatus.coding[0].system"]
            ),
        ])
    func codes(_ coding: String, _ expected: [String]) throws {
        let coding = coding.replacing("SYSTEM", with: "http://terminology.hl7.org/CodeSystem/")
        let text = #"{"resourceType":"Patient","maritalStatus":{"coding":[\#(coding)]}}"#
        #expect(try found(text) == expected)
        #expect(try found(text, .write) == [])
    }

    @Test("tell of a required code that it is not in the value set, and that its system can't be told")
    func requiredCodes() throws {
        let text = #"{"resourceType":"Patient","gender":"woman"}"#
        #expect(try found(text) == ["error code-invalid @ Patient.gender", "error code-invalid @ Patient.gender"])
        #expect(try found(text, .write) == ["error code-invalid @ Patient.gender"])
    }

    @Test(
        "look at ids, URIs and identifiers",
        arguments: [
            (
                #"{"resourceType":"Patient","name":[{"id":"a","text":"x"}],"telecom":[{"id":"a","system":"phone","value":"1"}]}"#,
                ["error duplicate @ Patient.telecom[0]"]
            ),
            (
                ##"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"},{"resourceType":"Organization","id":"o","name":"y"}],"managingOrganization":{"reference":"#o"}}"##,
                ["error duplicate @ Patient.contained[1]"]
            ),
            (
                #"{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"1.2"}]}"#,
                ["error invalid @ Patient.identifier[0].value"]
            ),
            (#"{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2"}]}"#, []),
            (
                #"{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.02.3","value":"1"}]}"#,
                ["error invalid @ Patient.identifier[0].system"]
            ),
            (
                #"{"resourceType":"Patient","identifier":[{"system":"urn:uuid:12","value":"1"}]}"#,
                ["error invalid @ Patient.identifier[0].system"]
            ),
            (
                #"{"resourceType":"Patient","meta":{"security":[{"system":"http://s","code":"a"},{"system":"http://s","code":"a"}]}}"#,
                ["error business-rule @ Patient.meta.security[1]"]
            ),
            (
                #"{"resourceType":"Patient","managingOrganization":{"reference":"http://a b/Organization/1"}}"#,
                ["error invalid @ Patient.managingOrganization"]
            ),
        ])
    func ids(_ text: String, _ expected: [String]) throws {
        #expect(try found(text) == expected)
    }

    @Test(
        "look at code systems and value sets",
        arguments: [
            (#""content":"not-present","concept":[{"code":"a"}]"#, "error invalid @ CodeSystem.concept[0]"),
            (#""content":"supplement""#, "error business-rule @ CodeSystem.supplements"),
            (#""content":"complete","supplements":"http://s""#, "error business-rule @ CodeSystem.content"),
            (
                #""content":"supplement","supplements":"http://s","caseSensitive":true"#,
                "error business-rule @ CodeSystem.caseSensitive"
            ),
        ])
    func codeSystems(_ members: String, _ expected: String) throws {
        #expect(
            try found(#"{"resourceType":"CodeSystem","url":"http://u","name":"N","status":"draft",\#(members)}"#) == [
                expected
            ])
    }

    @Test(
        "find codes in value sets that their systems lack",
        arguments: [
            (
                #"{"system":"http://hl7.org/fhir/administrative-gender","concept":[{"code":"male"},{"code":"m"}]}"#,
                ["error code-invalid @ ValueSet.compose.include[0].concept[1]"]
            ),
            (
                #"{"system":"http://hl7.org/fhir/ValueSet/administrative-gender"}"#,
                ["error invalid @ ValueSet.compose.include[0].system"]
            ),
            (
                #"{"system":"http://s.example|1"}"#, ["error business-rule @ ValueSet.compose.include[0].system"]
            ),
        ])
    func valueSets(_ include: String, _ expected: [String]) throws {
        #expect(
            try found(
                #"{"resourceType":"ValueSet","url":"http://u","name":"N","status":"draft","compose":{"include":[\#(include)]}}"#
            ) == expected)
    }
}
