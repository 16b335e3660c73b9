import Access
import FHIR
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
    }
}
