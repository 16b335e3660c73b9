import FHIR
import JSON
import Testing

/// Checks: https://hl7.org/fhir/R4/operationoutcome.html
@Suite("An OperationOutcome")
struct OperationOutcomeTests {
    @Test("is a valid resource that says severity, code, words and place")
    func json() throws {
        let outcome = OperationOutcome(issues: [
            FHIR.Issue(.error, .codeInvalid, "a \"code\" 中", expression: "Patient.gender"),
            FHIR.Issue(severity: .information, code: .informational, diagnostics: ""),
        ])
        let expected =
            #"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"code-invalid","#
            + #""diagnostics":"a \"code\" 中","expression":["Patient.gender"]},"#
            + #"{"severity":"information","code":"informational"}]}"#
        #expect(String(decoding: outcome.json(), as: UTF8.self) == expected)
        #expect(Validator(try Definitions.r4()).validate(try JSONDocument(parsing: outcome.json())) == [])
    }

    @Test("knows every code of FHIR's issue types, and only those")
    func codes() throws {
        let types = try #require(try Definitions.r4().valueSet("http://hl7.org/fhir/ValueSet/issue-type"))
        #expect(Set(types.codes) == Set(IssueCode.allCases.map(\.rawValue)))
        let severities = try #require(try Definitions.r4().valueSet("http://hl7.org/fhir/ValueSet/issue-severity"))
        #expect(Set(severities.codes) == Set(FHIR.Issue.Severity.allCases.map(\.rawValue)))
    }

    @Test("tells where a text stops being JSON")
    func parsing() {
        let error = #expect(throws: JSONError.self) { try JSONDocument(parsing: Array("{\"a\":tru}".utf8)) }
        let issue = error.map { FHIR.Issue($0) }
        #expect(issue?.severity == .fatal)
        #expect(issue?.code == .structure)
        #expect(issue?.byteOffset == 8)
        #expect(issue?.diagnostics == "JSON: unexpected '}' at byte 8, in $.a")
    }
}
