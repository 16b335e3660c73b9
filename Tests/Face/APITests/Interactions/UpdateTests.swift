import HTTPTypes
import JSON
import Testing

/// update: <https://hl7.org/fhir/R4/http.html#update>
@Suite("update")
struct UpdateTests {
    @Test("creates under the client's id with 201, then updates with 200 and a new version")
    func createThenUpdate() async throws {
        try await withDoor { door async throws in
            let first = try await door.put("/fhir/Patient/1", patient("1", family: "张"))
            #expect(first.status == 201)
            #expect(first.headers[.location] == "http://localhost/fhir/Patient/1/_history/1")
            let second = try await door.put("/fhir/Patient/1", patient("1", family: "李"))
            #expect(second.status == 200)
            #expect(second.headers[.eTag] == "W/\"2\"")
            #expect(second.json["meta"]?["versionId"]?.string == "2")
        }
    }

    @Test("brings a deleted resource back")
    func afterDelete() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.delete("/fhir/Patient/1")
            let answer = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(answer.status == 201)
            #expect(answer.headers[.eTag] == "W/\"3\"")
        }
    }

    @Test("goes through when If-Match names the current version")
    func matched() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.put("/fhir/Patient/1", patient("1", family: "李"), [.ifMatch: "W/\"1\""])
            #expect(answer.status == 200)
        }
    }

    @Test("returns 412 when If-Match names another version, or nothing is there", arguments: ["W/\"2\"", "W/\"x\""])
    func mismatched(tag: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.ifMatch: tag]).status == 412)
            #expect(try await door.put("/fhir/Patient/2", patient("2"), [.ifMatch: tag]).status == 412)
        }
    }

    @Test("takes If-Match: * to mean that something must be there")
    func anyVersion() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.ifMatch: "*"]).status == 412)
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.put("/fhir/Patient/1", patient("1", family: "李"), [.ifMatch: "*"]).status == 200)
        }
    }

    @Test("returns 400 for an If-Match that is no ETag")
    func badTag() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.ifMatch: "1"]).status == 400)
        }
    }

    @Test("returns 412 with If-None-Match: * when something is there")
    func onlyCreate() async throws {
        try await withDoor { door async throws in
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.ifNoneMatch: "*"]).status == 201)
            #expect(try await door.put("/fhir/Patient/1", patient("1"), [.ifNoneMatch: "*"]).status == 412)
        }
    }

    @Test("refuses a body whose id is another, or missing", arguments: ["2", nil])
    func otherID(id: String?) async throws {
        try await withDoor { door async throws in
            let answer = try await door.put("/fhir/Patient/1", patient(id))
            #expect(answer.status == 400)
            #expect(answer.issueCode != nil)
        }
    }

    @Test(
        "refuses an id that FHIR does not allow",
        arguments: ["a%20b", "under_score", String(repeating: "x", count: 65)])
    func badID(id: String) async throws {
        try await withDoor { door async throws in
            let plain = id.replacing("%20", with: " ")
            let answer = try await door.put("/fhir/Patient/\(id)", patient(plain))
            #expect(answer.status == 400 || answer.status == 422)
            #expect(answer.issueCode != nil)
        }
    }
}
