import HTTPTypes
import Testing

/// delete and conditional delete: <https://hl7.org/fhir/R4/http.html#delete>
@Suite("delete")
struct DeleteTests {
    @Test("returns 204, and again 204 when nothing is there")
    func deletes() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.delete("/fhir/Patient/1")
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
            #expect(answer.headers[.eTag] == "W/\"2\"")
            #expect(try await door.delete("/fhir/Patient/1").status == 204)
            #expect(try await door.delete("/fhir/Patient/never").status == 204)
        }
    }

    @Test("returns 412 when If-Match names another version")
    func mismatched() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.delete("/fhir/Patient/1", [.ifMatch: "W/\"2\""]).status == 412)
            #expect(try await door.delete("/fhir/Patient/1", [.ifMatch: "W/\"1\""]).status == 204)
        }
    }

    @Test("deletes what a search finds")
    func conditional() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", gender: "female"))
            _ = try await door.put("/fhir/Patient/2", patient("2", gender: "male"))
            #expect(try await door.delete("/fhir/Patient?gender=female").status == 204)
            #expect(try await door.get("/fhir/Patient/1").status == 410)
            #expect(try await door.get("/fhir/Patient/2").status == 200)
        }
    }

    @Test("never deletes a whole type: a delete without id and search is refused")
    func wholeType() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.delete("/fhir/Patient").status == 400)
            #expect(try await door.delete("/fhir/Patient?_format=json").status == 400)
            #expect(try await door.get("/fhir/Patient/1").status == 200)
        }
    }
}
