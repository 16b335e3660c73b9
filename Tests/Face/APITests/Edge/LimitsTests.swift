import API
import HTTPTypes
import HummingbirdTesting
import Testing

/// Everything has a bound.
@Suite("limits")
struct LimitsTests {
    @Test("returns 413 for a body over the limit, announced or not")
    func tooLarge() async throws {
        try await withDoor(DoorOptions(bodyBytesMax: 1000)) { door async throws in
            let body = patient("1", family: String(repeating: "x", count: 1000))
            let answer = try await door.put("/fhir/Patient/1", body)
            #expect(answer.status == 413)
            #expect(answer.issueCode == "too-long")
            #expect(answer.diagnostics.contains("1000 bytes"))
        }
    }

    @Test("returns 413 for a small body that expands over the limit")
    func bomb() async throws {
        try await withDoor(DoorOptions(bodyBytesMax: 10_000)) { door async throws in
            let body = try #require(Gzip.deflated([UInt8](repeating: UInt8(ascii: " "), count: 1_000_000)))
            #expect(body.count < 10_000)
            let answer = try await door.send(.put, "/fhir/Patient/1", [.contentEncoding: "gzip"], body)
            #expect(answer.status == 413)
        }
    }

    @Test("returns 408 for a body that does not arrive in time")
    func tooSlow() async throws {
        try await withDoor(DoorOptions(bodySecondsMax: 0.2), reach: .live) { door async throws in
            let port = try #require(door.client.port)
            let answer = await SlowClient.send(
                """
                PUT /fhir/Patient/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\n\
                Content-Length: 100\r\n\r\n{"resourceType":
                """, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains("timeout"))
            // By a connection of its own: the door's may have waited too long on a busy machine, too.
            let after = await SlowClient.send("GET /fhir/Patient/1 HTTP/1.1\r\nHost: localhost\r\n\r\n", port: port)
            #expect(after.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test("returns 400 for nesting that is too deep")
    func tooDeep() async throws {
        try await withDoor { door async throws in
            let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
            let answer = try await door.post("/fhir/Patient", "{\"resourceType\":\"Patient\",\"x\":\(deep)}")
            #expect(answer.status == 400)
            #expect(answer.issueCode == "structure")
        }
    }

    @Test("a name that a client sent comes back clipped")
    func clipped() async throws {
        try await withDoor { door async throws in
            let answer = try await door.get("/fhir/\(String(repeating: "x", count: 5000))")
            #expect(answer.status == 404)
            #expect(answer.body.count < 1000)
        }
    }
}
