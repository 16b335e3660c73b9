import FHIR
import JSON
import Testing
import Validation

/// Findings of the given severities, each as `key or code @ location`.
func found(_ text: String, _ options: ResourceValidator.Options = .init()) throws -> [String] {
    let document = try JSONDocument(parsing: Array(text.utf8))
    return try ResourceValidator(definitions: .r4()).validate(document, options).map { issue in
        let key = issue.diagnostics.split(separator: ":").first.map(String.init) ?? ""
        let name = issue.code == .invariant ? key : issue.code.rawValue
        return "\(issue.severity.rawValue) \(name) @ \(issue.expression ?? "-")"
    }
}

/// Checks: https://hl7.org/fhir/R4/validation.html, /references.html, /bundle.html, /narrative.html,
/// /structuredefinition.html
@Suite("The rules beyond structure")
struct RuleTests {
    @Test("compile every invariant of R4")
    func compileEveryInvariant() throws {
        let validator = try ResourceValidator(definitions: .r4())
        #expect(validator.faults == [])
        #expect(validator.keys == Set(try Definitions.r4().invariants().map(\.key)))
        #expect(validator.keys.count == 237)
    }

    @Test(
        "accept what is right",
        arguments: [
            #"{"resourceType":"Patient","birthDate":"1990","_birthDate":{"id":"b"}}"#,
            #"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[{"id":"b"},{"extension":[{"url":"http://u","valueCode":"x"}]}]}]}"#,
            #"{"resourceType":"Encounter","status":"planned","class":{"system":"http://s","code":"c"},"period":{"start":"2024-01-02T10:00:00+08:00","end":"2024-01-02T03:00:00Z"}}"#,
            #"{"resourceType":"Encounter","status":"planned","class":{"system":"http://s","code":"c"},"period":{"start":"2024-01-02","end":"2024-01"}}"#,
            ##"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}],"managingOrganization":{"reference":"#o"}}"##,
            ##"{"resourceType":"Patient","contained":[{"resourceType":"Provenance","id":"p","recorded":"2024-01-01T00:00:00Z","target":[{"reference":"#"}],"agent":[{"who":{"display":"x"}}]}]}"##,
            #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}}"#,
            ##"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p id=\"a\">A &amp; B <a href=\"#a\">up</a><br/></p></div>"}}"##,
        ])
    func acceptWhatIsRight(_ text: String) throws {
        #expect(try found(text) == [])
    }

    @Test(
        "find broken invariants with their key and place",
        arguments: [
            (#"{"resourceType":"Patient","_birthDate":{"id":"b"}}"#, "error ele-1 @ Patient.birthDate"),
            (#"{"resourceType":"Patient","maritalStatus":{"id":"b"}}"#, "error ele-1 @ Patient.maritalStatus"),
            (#"{"resourceType":"Patient","extension":[{"url":"http://u"}]}"#, "error ext-1 @ Patient.extension[0]"),
            (
                #"{"resourceType":"Patient","extension":[{"url":"http://u","valueCode":"x","extension":[{"url":"v","valueCode":"x"}]}]}"#,
                "error ext-1 @ Patient.extension[0]"
            ),
            (#"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#, "error pat-1 @ Patient.contact[0]"),
            (
                #"{"resourceType":"Encounter","status":"planned","class":{"system":"http://s","code":"c"},"period":{"start":"2024-02","end":"2024-01-31"}}"#,
                "error per-1 @ Encounter.period"
            ),
            (
                #"{"resourceType":"Encounter","status":"planned","class":{"system":"http://s","code":"c"},"period":{"start":"2024-01-02T10:00:01+08:00","end":"2024-01-02T02:00:00Z"}}"#,
                "error per-1 @ Encounter.period"
            ),
            (
                #"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x"}]}"#,
                "error dom-3 @ Patient.contained[0]"
            ),
            (
                ##"{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"x","meta":{"versionId":"1"}}],"managingOrganization":{"reference":"#o"}}"##,
                "error dom-4 @ Patient.contained[0]"
            ),
            (
                #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueString":"a","dataAbsentReason":{"text":"b"}}"#,
                "error obs-6 @ Observation"
            ),
            (
                #"{"resourceType":"Patient","telecom":[{"value":"1"}]}"#, "error cpt-2 @ Patient.telecom[0]"
            ),
            (
                #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>"}}"#,
                "warning txt-2 @ Patient.text.div"
            ),
        ])
    func findBrokenInvariants(_ text: String, _ expected: String) throws {
        #expect(try found(text) == [expected])
        if expected.hasPrefix("error") { #expect(try found(text, .write) == [expected]) }
    }

    @Test(
        "tell of each fault of a narrative and of txt-1; a write hears txt-1 alone",
        arguments: [
            ("<script>x</script>", ["error invalid", "error txt-1"]),
            ("<script>x</script><script>y</script>", ["error invalid", "error txt-1"]),
            ("<p onclick='x'><script>y</script></p>", ["error invalid", "error invalid", "error txt-1"]),
            ("<p>a & b</p>", ["error structure", "error txt-1"]),
            ("<p>a", ["error structure", "error txt-1"]),
            ("<p>a<table><tr><td>b</td></tr></table></p>", ["error invalid"]),
            ("<p><a href='javascript:x'>a</a></p>", ["error invalid"]),
            ("<p><a href='http://a b'>a</a></p>", ["error invalid"]),
        ])
    func tellOfNarratives(_ content: String, _ expected: [String]) throws {
        let text =
            #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>"#
            + content + #"</div>"}}"#
        #expect(try found(text) == expected.map { $0 + " @ Patient.text.div" })
        #expect(try found(text, .write) == ["error txt-1 @ Patient.text.div"])
    }

    @Test(
        "ask FHIRPath where presence does not decide",
        arguments: [
            (
                #"{"resourceType":"RiskAssessment","status":"final","subject":{"display":"x"},"prediction":[{"probabilityDecimal":101.0}]}"#,
                "error ras-2 @ RiskAssessment.prediction[0]"
            ),
            (
                #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://s","code":"a"}]},"valueString":"v","component":[{"code":{"coding":[{"system":"http://s","code":"a"}]},"valueString":"w"}]}"#,
                "error obs-7 @ Observation"
            ),
            (
                #"{"resourceType":"Organization","name":"x","telecom":[{"system":"phone","value":"1","use":"home"}]}"#,
                "error org-3 @ Organization.telecom"
            ),
            (
                #"{"resourceType":"Condition","subject":{"display":"x"},"abatementString":"x","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}"#,
                "error con-4 @ Condition"
            ),
            (
                #"{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group"}]}"#,
                "error que-1 @ Questionnaire.item[0]"
            ),
            (
                #"{"resourceType":"Library","name":"not a name","status":"draft","type":{"text":"x"}}"#,
                "warning lib-0 @ Library"
            ),
            (
                #"{"resourceType":"Bundle","type":"collection","total":1}"#, "error bdl-1 @ Bundle"
            ),
        ])
    func askFHIRPath(_ text: String, _ expected: String) throws {
        #expect(try found(text) == [expected])
    }

    @Test(
        "hold bundles together",
        arguments: [
            (
                #"{"resourceType":"Bundle","type":"collection","link":[{"relation":"next","url":"u"}]}"#,
                ["error invalid @ Bundle.link[0].relation"]
            ),
            (
                #"{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient"}}]}"#,
                ["error required @ Bundle.entry[0]"]
            ),
            (
                #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"Patient/1","resource":{"resourceType":"Patient","id":"1"}}]}"#,
                ["error invalid @ Bundle.entry[0]"]
            ),
            (
                #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"http://h/fhir/Patient/2","resource":{"resourceType":"Patient","id":"1"}}]}"#,
                ["error invalid @ Bundle.entry[0]"]
            ),
            (
                #"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT","url":"Patient/1"},"resource":{"resourceType":"Patient"}}]}"#,
                ["error required @ Bundle.entry[0].resource"]
            ),
            (
                #"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","managingOrganization":{"reference":"Organization/1"}}}]}"#,
                ["error required @ Bundle.entry[0].resource.managingOrganization"]
            ),
            (
                #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:8ce7db7b-9b9b-41ae-b1d7-3f2d1c728a13","resource":{"resourceType":"Patient"}},{"fullUrl":"urn:uuid:8ce7db7b-9b9b-41ae-b1d7-3f2d1c728a14","resource":{"resourceType":"Patient","managingOrganization":{"reference":"urn:uuid:8ce7db7b-9b9b-41ae-b1d7-3f2d1c728a13"}}}]}"#,
                ["error structure @ Bundle.entry[1].resource.managingOrganization"]
            ),
        ])
    func holdBundlesTogether(_ text: String, _ expected: [String]) throws {
        #expect(try found(text) == expected)
    }

    @Test(
        "check what data types ask in prose",
        arguments: [
            (
                #"{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"local","code":"M"}]}}"#,
                "error invalid @ Patient.maritalStatus.coding[0].system"
            ),
            (
                #"{"resourceType":"Patient","identifier":[{"system":"local","value":"1"}]}"#,
                "error invalid @ Patient.identifier[0].system"
            ),
            (
                #"{"resourceType":"Patient","extension":[{"url":"http://u|1","valueCode":"x"}]}"#,
                "error invalid @ Patient.extension[0]"
            ),
            (
                #"{"resourceType":"Patient","extension":[{"url":"u","valueCode":"x"}]}"#,
                "error invalid @ Patient.extension[0]"
            ),
            (
                #"{"resourceType":"Patient","photo":[{"contentType":"text/plain","data":"Zm9v","size":4}]}"#,
                "error invalid @ Patient.photo[0].size"
            ),
            (
                #"{"resourceType":"Patient","meta":{"profile":["http://example.org/p"]}}"#,
                "warning not-supported @ Patient.meta.profile[0]"
            ),
            (
                #"{"resourceType":"Patient","meta":{"profile":["http://hl7.org/fhir/StructureDefinition/Group"]}}"#,
                "error structure @ Patient.meta.profile[0]"
            ),
            (
                #"{"resourceType":"Patient","managingOrganization":{"reference":"Organization/1","type":"Patient"}}"#,
                "error structure @ Patient.managingOrganization.type"
            ),
            (
                #"{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"mcg"}}"#,
                "warning code-invalid @ Observation.value.code"
            ),
            (
                ##"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"#x\">x</a></div>"}}"##,
                "error not-found @ Patient.text.div"
            ),
        ])
    func checkDataTypes(_ text: String, _ expected: String) throws {
        #expect(try found(text) == [expected])
    }

    @Test("leave advice and reference rules to those who ask for them")
    func respectOptions() throws {
        let text = #"{"resourceType":"Patient","identifier":[{"system":"local","value":"1"}]}"#
        #expect(try found(text, .write) == [])
        #expect(
            try found(#"{"resourceType":"Patient"}"#, .init(tellsBestPractice: true)) == ["warning dom-6 @ Patient"])
    }
}
