import HTTPTypes
import JSON
import Testing

/// vread: <https://hl7.org/fhir/R4/http.html#vread>
@Suite("vread")
struct VReadTests {
    @Test("returns each version as it was")
    func versions() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "李"))
            let first = try await door.get("/fhir/Patient/1/_history/1")
            let second = try await door.get("/fhir/Patient/1/_history/2")
            #expect(first.json["name"]?[0]?["family"]?.string == "张")
            #expect(first.headers[.eTag] == "W/\"1\"")
            #expect(second.json["name"]?[0]?["family"]?.string == "李")
            #expect(second.json["meta"]?["versionId"]?.string == "2")
        }
    }

    @Test("returns 404 for a version that does not exist", arguments: ["2", "0", "-1", "one"])
    func missing(version: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient/1/_history/\(version)")
            #expect(answer.status == 404)
            #expect(answer.issueCode == "not-found")
        }
    }

    @Test("returns 410 for the version that is the delete")
    func deleted() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.delete("/fhir/Patient/1")
            #expect(try await door.get("/fhir/Patient/1/_history/1").status == 200)
            #expect(try await door.get("/fhir/Patient/1/_history/2").status == 410)
        }
    }
}
