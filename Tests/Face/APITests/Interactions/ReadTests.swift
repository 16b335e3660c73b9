import HTTPTypes
import JSON
import Testing

/// read and conditional read: <https://hl7.org/fhir/R4/http.html#read>
@Suite("read")
struct ReadTests {
    @Test("returns the resource with ETag and Last-Modified")
    func found() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient/1")
            #expect(answer.status == 200)
            #expect(answer.headers[.eTag] == "W/\"1\"")
            #expect(answer.headers[.lastModified]?.hasSuffix(" GMT") == true)
            #expect(answer.headers[.contentType] == "application/fhir+json; charset=utf-8")
            #expect(answer.json["id"]?.string == "1")
            #expect(answer.json["meta"]?["versionId"]?.string == "1")
            #expect(answer.json["name"]?[0]?["family"]?.string == "张")
        }
    }

    @Test("keeps decimal text and member order")
    func keepsText() async throws {
        try await withDoor { door async throws in
            let observation = """
                {"resourceType":"Observation","id":"1","valueQuantity":{"value":7.10,"unit":"mmol/L"},"status":"final",\
                "code":{"text":"glucose"}}
                """
            _ = try await door.put("/fhir/Observation/1", observation)
            let answer = try await door.get("/fhir/Observation/1")
            #expect(answer.text.contains("{\"value\":7.10,\"unit\":\"mmol/L\"},\"status\":\"final\",\"code\""))
        }
    }

    @Test("returns 404 with an OperationOutcome for a resource that never was")
    func missing() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Patient/nobody")
            #expect(answer.status == 404)
            #expect(answer.issueCode == "not-found")
        }
    }

    @Test("returns 410 Gone for a deleted resource")
    func deleted() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            _ = try await door.delete("/fhir/Patient/1")
            let answer = try await door.get("/fhir/Patient/1")
            #expect(answer.status == 410)
            #expect(answer.issueCode == "deleted")
        }
    }

    @Test("returns 404 for a type that R4 does not have")
    func unknownType() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/Patent/1")
            #expect(answer.status == 404)
            #expect(answer.diagnostics.contains("\"Patent\""))
        }
    }

    @Test(
        "returns 304 without a body when If-None-Match names the version",
        arguments: ["W/\"1\"", "\"1\"", "W/\"7\", W/\"1\"", "*"])
    func notModified(tag: String) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient/1", [.ifNoneMatch: tag])
            #expect(answer.status == 304)
            #expect(answer.body.isEmpty)
            #expect(answer.headers[.eTag] == "W/\"1\"")
        }
    }

    @Test("returns the resource when If-None-Match names another version")
    func modified() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.get("/fhir/Patient/1", [.ifNoneMatch: "W/\"2\""]).status == 200)
        }
    }

    @Test("refuses an If-None-Match that is no ETag")
    func badTag() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let answer = try await door.get("/fhir/Patient/1", [.ifNoneMatch: "1"])
            #expect(answer.status == 400)
            #expect(answer.diagnostics.contains("if-none-match"))
        }
    }

    @Test(
        "compares If-Modified-Since with Last-Modified",
        arguments: [
            ("Fri, 01 Jan 2100 00:00:00 GMT", 304), ("Thu, 01 Jan 1970 00:00:00 GMT", 200), ("yesterday", 200),
        ])
    func modifiedSince(date: String, status: Int) async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.get("/fhir/Patient/1", [.ifModifiedSince: date]).status == status)
        }
    }

    @Test("returns 304 for the very Last-Modified that it sent")
    func sameLastModified() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let date = try #require(try await door.get("/fhir/Patient/1").headers[.lastModified])
            #expect(try await door.get("/fhir/Patient/1", [.ifModifiedSince: date]).status == 304)
        }
    }

    @Test("answers HEAD with the headers of GET and no body")
    func head() async throws {
        try await withDoor(reach: .live) { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            let get = try await door.get("/fhir/Patient/1")
            let head = try await door.head("/fhir/Patient/1")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers[.contentLength] == "\(get.body.count)")
            #expect(head.headers[.eTag] == get.headers[.eTag])
            #expect(head.headers[.contentType] == get.headers[.contentType])
        }
    }

    @Test("refuses a parameter that read does not have")
    func unknownParameter() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1"))
            #expect(try await door.get("/fhir/Patient/1?name=x").status == 400)
        }
    }

    @Test("writes line breaks for _pretty, and the same values")
    func pretty() async throws {
        try await withDoor { door async throws in
            _ = try await door.put("/fhir/Patient/1", patient("1", family: "a\\\"{b,c}"))
            let answer = try await door.get("/fhir/Patient/1?_pretty=true")
            #expect(answer.text.contains("\n  \"resourceType\": \"Patient\",\n"))
            #expect(answer.json["name"]?[0]?["family"]?.string == "a\"{b,c}")
        }
    }
}
