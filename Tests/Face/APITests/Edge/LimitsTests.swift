import API
import HTTPTypes
import Testing

/// Everything has a bound.
@Suite("limits")
struct LimitsTests {
    @Test("returns 413 for a body over the limit, announced or not")
    func tooLarge() async throws {
        try await withDoor(DoorOptions(bodyBytesMax: 1000)) { door in
            let body = patient("1", family: String(repeating: "x", count: 1000))
            let answer = try await door.put("/fhir/Patient/1", body)
            #expect(answer.status == 413)
            #expect(answer.issueCode == "too-long")
            #expect(answer.diagnostics.contains("1000 bytes"))
        }
    }

    @Test("returns 413 for a small body that expands over the limit")
    func bomb() async throws {
        try await withDoor(DoorOptions(bodyBytesMax: 10_000)) { door in
            let body = try #require(Gzip.deflated([UInt8](repeating: UInt8(ascii: " "), count: 5_000_000)))
            #expect(body.count < 10_000)
            let answer = try await door.send(.put, "/fhir/Patient/1", [.contentEncoding: "gzip"], body)
            #expect(answer.status == 413)
        }
    }

    @Test("returns 400 for nesting that is too deep")
    func tooDeep() async throws {
        try await withDoor { door in
            let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
            let answer = try await door.post("/fhir/Patient", "{\"resourceType\":\"Patient\",\"x\":\(deep)}")
            #expect(answer.status == 400)
            #expect(answer.issueCode == "structure")
        }
    }

    @Test("a name that a client sent comes back clipped")
    func clipped() async throws {
        try await withDoor { door in
            let answer = try await door.get("/fhir/\(String(repeating: "x", count: 5000))")
            #expect(answer.status == 404)
            #expect(answer.body.count < 1000)
        }
    }
}
