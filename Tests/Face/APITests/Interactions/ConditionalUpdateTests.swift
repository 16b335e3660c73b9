import HTTPTypes
import JSON
import Testing

/// conditional update: <https://hl7.org/fhir/R4/http.html#cond-update>
@Suite("conditional update")
struct ConditionalUpdateTests {
    private static let identifier = ",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"7\"}]"

    @Test("creates when nothing matches, updates the one that does")
    func createThenUpdate() async throws {
        try await withDoor { door async throws in
            let uri = "/fhir/Patient?identifier=urn:x%7C7"
            let first = try await door.put(uri, patient(more: Self.identifier))
            #expect(first.status == 201)
            let second = try await door.put(uri, patient(family: "李", more: Self.identifier))
            #expect(second.status == 200)
            #expect(second.json["id"]?.string == first.json["id"]?.string)
            #expect(second.headers[.eTag] == "W/\"2\"")
        }
    }

    @Test("returns 412 when several match")
    func several() async throws {
        try await withDoor { door async throws in
            _ = try await door.post("/fhir/Patient", patient())
            _ = try await door.post("/fhir/Patient", patient())
            let answer = try await door.put("/fhir/Patient?gender=female", patient())
            #expect(answer.status == 412)
            #expect(answer.issueCode == "multiple-matches")
        }
    }

    @Test("returns 400 without a search, and for an unknown parameter", arguments: ["", "?unheard-of=1"])
    func withoutSearch(query: String) async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient\(query)", patient()).status == 400)
        }
    }
}
