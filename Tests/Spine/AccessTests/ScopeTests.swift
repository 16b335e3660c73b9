import Access
import FHIR
import JSON
import Testing

/// <https://hl7.org/fhir/smart-app-launch/STU2/scopes-and-launch-context.html>
@Suite("SMART scopes")
struct ScopeTests {
    let reader: LabelReader

    init() throws { reader = LabelReader(try Definitions.r4()) }

    @Test(
        "are read in the forms of versions 1 and 2",
        arguments: [
            ("patient/Observation.rs", "patient/Observation.rs"), ("user/*.cruds", "user/*.cruds"),
            ("system/*.rs", "system/*.rs"), ("patient/Patient.read", "patient/Patient.rs"),
            ("user/Encounter.write", "user/Encounter.cud"), ("patient/*.*", "patient/*.cruds"),
            (
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
            ),
            ("patient/Condition.r?category=a%7Cb,c&code=d", "patient/Condition.r?category=a|b,c&code=d"),
        ])
    func forms(text: String, canonical: String) throws {
        #expect(try Scope(text, reader).description == canonical)
    }

    @Test(
        "that are malformed are told apart",
        arguments: [
            ("patient", ScopeError.malformed("patient")), ("patient/Observation", .malformed("patient/Observation")),
            ("clinic/Observation.rs", .unknownContext("clinic/Observation.rs")),
            ("user/Obs.rs", .unknownType(scope: "user/Obs.rs", type: "Obs")),
            ("user/Observation.sr", .permissions(scope: "user/Observation.sr", found: "sr")),
            ("user/Observation.rr", .permissions(scope: "user/Observation.rr", found: "rr")),
            ("user/Observation.", .permissions(scope: "user/Observation.", found: "")),
            ("user/Observation.rs?category", .restriction(scope: "user/Observation.rs?category", found: "category")),
            ("user/Observation.rs?", .restriction(scope: "user/Observation.rs?", found: "")),
            (
                "user/Observation.rs?colour=red",
                .unknownParameter(scope: "user/Observation.rs?colour=red", type: "Observation", parameter: "colour")
            ),
            (
                "user/Observation.rs?date=2020",
                .unsupportedParameter(scope: "user/Observation.rs?date=2020", parameter: "date")
            ),
            (
                "user/Observation.rs?category:not=x",
                .unsupportedParameter(scope: "user/Observation.rs?category:not=x", parameter: "category:not")
            ),
            ("user/*.rs?category=x", .restrictedWildcard("user/*.rs?category=x")),
        ])
    func faults(text: String, error: ScopeError) {
        #expect(throws: error) { try Scope(text, reader) }
        #expect(!error.description.isEmpty)
    }

    @Test("keep others apart from those for resources")
    func others() throws {
        let scopes = try Scopes("launch/patient openid fhirUser offline_access patient/*.rs", patient: "1", reader)
        #expect(scopes.others == ["launch/patient", "openid", "fhirUser", "offline_access"])
        #expect(scopes.scopes.map(\.description) == ["patient/*.rs"])
        let restricted = try Scopes(
            "openid user/Observation.rs?category=http://terminology.hl7.org/x|laboratory", reader)
        #expect(restricted.scopes.count == 1 && restricted.parameters(of: "Observation") == ["category"])
    }

    @Test(
        "restricted by a category let through what has it",
        arguments: [
            ("laboratory", true), ("http://x|laboratory", true), ("http://x|", true), ("|laboratory", false),
            ("vital-signs", false), ("vital-signs,laboratory", true),
        ])
    func restricted(value: String, isPermitted: Bool) throws {
        let text =
            #"{"resourceType":"Observation","id":"1","subject":{"reference":"Patient/me"},"category":[{"coding":[{"system":"http://x","code":"laboratory"}]}]}"#
        let scopes = try Scopes("patient/Observation.rs?category=\(value)", patient: "me", reader)
        let subject = Subject(account: "a", role: .resident, patient: "me", purpose: .patientRequest, scopes: scopes)
        let document = try JSONDocument(parsing: Array(text.utf8))
        let labels = reader.labels(of: document.root, parameters: scopes.parameters(of: "Observation"))
        let decision = AccessPolicy().decide(subject, .read, on: .resource(labels), at: Situation.now)
        #expect(decision.isPermit == isPermitted)
        #expect(decision.refusal == (isPermitted ? nil : .scopeRestriction))
        // Labels that lack the value let nothing through.
        let bare = reader.labels(of: document.root)
        #expect(!AccessPolicy().decide(subject, .read, on: .resource(bare), at: Situation.now).isPermit)
    }
}
