import HTTPTypes
import Testing

/// Content negotiation: <https://hl7.org/fhir/R4/http.html#mime-type>
@Suite("content negotiation")
struct NegotiationTests {
    @Test(
        "answers in JSON to every Accept that allows it",
        arguments: [
            ("application/fhir+json", "application/fhir+json; charset=utf-8"),
            ("application/json", "application/json; charset=utf-8"),
            ("text/json", "application/json; charset=utf-8"),
            ("*/*", "application/fhir+json; charset=utf-8"),
            ("application/fhir+json; fhirVersion=4.0", "application/fhir+json; charset=utf-8"),
            ("application/fhir+xml, application/fhir+json;q=0.1", "application/fhir+json; charset=utf-8"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/fhir+json; charset=utf-8"),
        ])
    func accepted(accept: String, contentType: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Patient", [.accept: accept])
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == contentType)
            #expect(answer.headers[.vary] == "Accept, Accept-Encoding")
        }
    }

    @Test(
        "returns 406 when JSON is not wanted",
        arguments: [
            "application/fhir+xml", "text/turtle", "application/fhir+json;q=0",
            "application/fhir+json; fhirVersion=3.0",
        ])
    func notAcceptable(accept: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Patient", [.accept: accept])
            #expect(answer.status == 406)
            #expect(answer.issueCode == "not-supported")
        }
    }

    @Test(
        "lets _format decide before Accept",
        arguments: [
            ("json", 200), ("application/json", 200), ("application/fhir%2Bjson", 200), ("application/fhir+json", 200),
            ("text/json", 200), ("xml", 406), ("application/fhir%2Bxml", 406), ("ttl", 406),
        ])
    func format(format: String, status: Int) async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient?_format=\(format)", [.accept: "text/plain"]).status == status)
        }
    }

    @Test("does nothing before it knows that it can answer")
    func nothingBefore() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1?_format=xml", patient("1")).status == 406)
            #expect(try await door.get("/fhir/Patient/1").status == 404)
        }
    }

    @Test(
        "reads bodies that are labelled as JSON",
        arguments: [
            "application/fhir+json", "application/json", "text/json", "application/fhir+json; charset=UTF-8",
            "application/fhir+json;fhirVersion=4.0",
        ])
    func readable(contentType: String) async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.contentType: contentType]).status == 201)
        }
    }

    @Test(
        "returns 415 for bodies of other kinds",
        arguments: [
            "application/fhir+xml", "text/plain", "application/x-www-form-urlencoded",
            "application/fhir+json; charset=gb18030",
        ])
    func unreadable(contentType: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.put("/fhir/Patient/1", patient("1"), [.contentType: contentType])
            #expect(answer.status == 415)
            #expect(answer.issueCode == "not-supported")
        }
    }
}
