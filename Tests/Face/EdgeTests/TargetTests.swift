import Edge
import HTTPTypes
import Testing

/// Targets of requests, and the kinds of work that they ask for.
@Suite("targets")
struct TargetTests {
    @Test(
        "takes what means one thing only",
        arguments: [
            "/", "/fhir/Patient/1", "/fhir/Patient?name=%E5%BC%A0&birthdate=ge2000", "/fhir/Patient/a.b-c", "/fhir/$x",
            "/fhir/Patient?url=http://a.org/..%2F..", "/%E5%9F%8E", "/fhir//Patient", "/.well-known/x", "/a..b/c.",
            "/fhir/.well-known/smart-configuration", "/x?a=%00", "/fhir/Patient/%31",
        ])
    func taken(target: String) throws { try RequestTarget.check(target) }

    @Test(
        "refuses what could be read in two ways",
        arguments: [
            "", "*", "http://evil.org/", "evil.org:443", "//evil.org/../x", "/..", "/a/../b", "/a/./b", "/a/%2e%2E/b",
            "/a/.%2e/b", "/a%2Fb", "/a%5cb", "/a\\b", "/a%00", "/a%0d%0aX: y", "/a%7f", "/a%", "/a%4", "/a%zz",
            "/a%C0%AF",
            "/a%E0%80%AF", "/a%ED%A0%80", "/a%FF", "/a%F8%88%80%80%80", "/a b", "/a\u{0}", "/a\tb", "/a#b", "/a?b#c",
            "/a?b c", "/%c0%ae%c0%ae/x",
        ])
    func refused(target: String) {
        #expect(throws: RequestTarget.Fault.self) { try RequestTarget.check(target) }
    }

    @Test("refuses one that is too long, and says how a long search is sent")
    func long() {
        let target = "/fhir/Patient?_id=" + String(repeating: "a", count: RequestTarget.bytesMax)
        let fault = #expect(throws: RequestTarget.Fault.self) { try RequestTarget.check(target) }
        #expect(fault == .tooLong(bytesMax: RequestTarget.bytesMax))
        #expect(fault?.description.contains("_search") == true)
    }

    @Test(
        "knows what a request asks for",
        arguments: [
            ("GET", "/fhir/Patient/1", "reads"), ("GET", "/fhir/Patient?name=a", "reads"), ("GET", "/", "reads"),
            ("HEAD", "/fhir/metadata", "reads"), ("GET", "/fhir/Patient/1/_history", "reads"),
            ("GET", "/fhir/Patient/_history", "searches"), ("GET", "/fhir/_history", "searches"),
            ("GET", "/fhir?_type=Patient", "searches"), ("GET", "/fhir/Patient/1/*", "searches"),
            ("GET", "/fhir/Observation?subject.name=a", "searches"),
            ("GET", "/fhir/Patient?_has:Observation:patient:code=1", "searches"),
            ("GET", "/fhir/Patient?_revinclude=Observation:subject", "searches"),
            ("GET", "/fhir/Patient?name:contains=a", "searches"),
            ("GET", "/fhir/Patient?_total=accurate", "searches"), ("POST", "/fhir/Patient/_search", "searches"),
            ("GET", "/fhir/Patient/1/$everything", "exports"),
            ("POST", "/fhir/ViewDefinition/$viewdefinition-run", "exports"),
            ("GET", "/fhir/$export", "exports"), ("GET", "/fhir/ValueSet/$expand?url=a", "reads"),
            ("POST", "/fhir/Patient/$validate", "searches"), ("POST", "/fhir", "writes"),
            ("PUT", "/fhir/Patient/1", "writes"),
            ("DELETE", "/fhir/Patient?name=a", "writes"), ("POST", "/account", "writes"),
            ("POST", "/sign-in", "sign-in"),
            ("POST", "/sign-in/second-factor", "sign-in"), ("GET", "/sign-in", "reads"),
            ("POST", "/auth/token", "sign-in"),
            ("GET", "/auth/authorize?client_id=a", "sign-in"), ("GET", "/auth/jwks", "reads"),
        ])
    func kinds(method: String, target: String, kind: String) throws {
        #expect(RequestKind.of(try #require(HTTPRequest.Method(method)), target).rawValue == kind)
    }
}
