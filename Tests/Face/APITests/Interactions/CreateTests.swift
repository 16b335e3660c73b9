import HTTPTypes
import JSON
import Testing

/// create and conditional create: <https://hl7.org/fhir/R4/http.html#create>
@Suite("create")
struct CreateTests {
    private let ifNoneExist = HTTPField.Name("If-None-Exist")!
    private let prefer = HTTPField.Name("Prefer")!

    @Test("returns 201 with Location, ETag, Last-Modified and the resource")
    func created() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", patient())
            #expect(answer.status == 201)
            let id = try #require(answer.json["id"]?.string)
            #expect(answer.headers[.location] == "http://localhost/fhir/Patient/\(id)/_history/1")
            #expect(answer.headers[.eTag] == "W/\"1\"")
            #expect(answer.headers.contains(.lastModified))
            #expect(try await door.get("/fhir/Patient/\(id)").status == 200)
        }
    }

    @Test("gives the resource an id of its own, whatever the client sent")
    func ownID() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", patient("mine"))
            #expect(answer.status == 201)
            #expect(answer.json["id"]?.string != "mine")
        }
    }

    @Test("answers as Prefer wants", arguments: ["minimal", "representation", "OperationOutcome"])
    func prefers(wish: String) async throws {
        let prefer = prefer
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", patient(), [prefer: "return=\(wish)"])
            #expect(answer.status == 201)
            #expect(answer.headers.contains(.location))
            switch wish {
            case "minimal": #expect(answer.body.isEmpty)
            case "representation": #expect(answer.json["resourceType"]?.string == "Patient")
            default: #expect(answer.issueCode == "informational")
            }
        }
    }

    @Test("does nothing when If-None-Exist finds one")
    func conditionalFound() async throws {
        let ifNoneExist = ifNoneExist
        try await withDoor { door async throws in
            let body = patient(more: ",\"identifier\":[{\"system\":\"urn:x\",\"value\":\"7\"}]")
            let first = try await door.post("/fhir/Patient", body, [ifNoneExist: "identifier=urn:x|7"])
            let second = try await door.post("/fhir/Patient", body, [ifNoneExist: "identifier=urn:x|7"])
            #expect(first.status == 201)
            #expect(second.status == 200)
            #expect(second.json["id"]?.string == first.json["id"]?.string)
        }
    }

    @Test("returns 412 when If-None-Exist finds several")
    func conditionalSeveral() async throws {
        let ifNoneExist = ifNoneExist
        try await withDoor { door async throws in
            _ = try await door.post("/fhir/Patient", patient())
            _ = try await door.post("/fhir/Patient", patient())
            let answer = try await door.post("/fhir/Patient", patient(), [ifNoneExist: "gender=female"])
            #expect(answer.status == 412)
            #expect(answer.issueCode == "multiple-matches")
        }
    }

    @Test("returns 400 with the byte offset for a body that is not JSON")
    func notJSON() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", "{\"resourceType\":\"Patient\",}")
            #expect(answer.status == 400)
            #expect(answer.issueCode == "structure")
            #expect(answer.diagnostics.contains("26"))
        }
    }

    @Test("returns 400 for an empty body")
    func empty() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", "")
            #expect(answer.status == 400)
            #expect(answer.issueCode == "required")
        }
    }

    @Test("refuses a resource of another type")
    func otherType() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Observation", patient())
            #expect(answer.status == 400 || answer.status == 422)
            #expect(answer.issueCode != nil)
        }
    }

    @Test("returns 422 with a FHIRPath for a resource that R4 does not allow")
    func invalid() async throws {
        try await withDoor { door async throws in
            let answer = try await door.post("/fhir/Patient", "{\"resourceType\":\"Patient\",\"gender\":\"unknwon\"}")
            #expect(answer.status == 422)
            #expect(answer.json["issue"]?[0]?["expression"]?[0]?.string == "Patient.gender")
        }
    }
}
