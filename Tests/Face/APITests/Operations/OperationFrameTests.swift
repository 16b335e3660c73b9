import HTTPTypes
import JSON
import Testing

/// operations: <https://hl7.org/fhir/R4/operations.html>
@Suite("operations")
struct OperationFrameTests {
    @Test(
        "answers 404 with an OperationOutcome for an operation that is not known",
        arguments: ["", "Patient/", "Patient/1/"])
    func unknown(place: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/\(place)$nothing")
            #expect(answer.status == 404)
            #expect(answer.issueCode == "not-supported")
            #expect(answer.diagnostics.contains("$nothing"))
        }
    }

    @Test("says where an operation is when it is asked for in the wrong place")
    func elsewhere() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/$validate")
            #expect(answer.status == 404)
            #expect(answer.diagnostics.contains("/fhir/[type]/$validate"))
        }
    }

    @Test("refuses a parameter that the operation does not have, in the query and in the body")
    func parameters() async throws {
        try await withDoor { door async throws in
            let byQuery = try await door.get("/fhir/Patient/$validate?colour=red")
            #expect(byQuery.status == 400)
            #expect(byQuery.diagnostics.contains("colour"))
            let byBody = try await door.post(
                "/fhir/Patient/$validate",
                #"{"resourceType":"Parameters","parameter":[{"name":"colour","valueCode":"red"}]}"#)
            #expect(byBody.status == 400)
            #expect(byBody.diagnostics.contains("colour"))
        }
    }

    @Test("refuses other methods with Allow")
    func methods() async throws {
        try await withDoor { door async throws in
            let answer = try await door.put("/fhir/Patient/$validate", "{}")
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == "GET, HEAD, POST")
        }
    }

    @Test("refuses a parameter without a name, and a body that is no resource")
    func malformed() async throws {
        try await withDoor { door async throws in
            let nameless = try await door.post(
                "/fhir/Patient/$validate", #"{"resourceType":"Parameters","parameter":[{"valueCode":"red"}]}"#)
            #expect(nameless.status == 400)
            #expect(nameless.diagnostics.contains("parameter[0]"))
            #expect(try await door.post("/fhir/Patient/$validate", "[1]").status == 400)
        }
    }

    @Test("stands in the CapabilityStatement and is counted as an operation")
    func listed() async throws {
        try await withDoor { door async throws in
            _ = try await door.post("/fhir/Patient/$validate", patient())
            let statement = try await door.get("/fhir/metadata")
            let resource = statement.json["rest"]?[0]?["resource"]?[0]
            let names = resource?["operation"].map { $0.elements.compactMap { $0["name"]?.string } } ?? []
            #expect(names.contains("validate"))
            #expect(try await door.get("/metrics").text.contains("interaction=\"operation\""))
        }
    }
}
