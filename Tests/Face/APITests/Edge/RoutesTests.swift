import API
import HTTPTypes
import HummingbirdTesting
import Testing

/// Addresses and methods.
@Suite("routes")
struct RoutesTests {
    @Test(
        "returns 404 with an OperationOutcome for an address that means nothing",
        arguments: [
            "/fhir/Patient/1/_history/1/2", "/fhir/Patient/1/x", "/fhir/patient", "/fhir/Patient/1/$nothing",
            "/fhir/$x",
        ])
    func unknown(uri: String) async throws {
        try await withDoor { door async throws in
            let answer = try await door.get(uri)
            #expect(answer.status == 404)
            #expect(answer.issueCode != nil)
        }
    }

    @Test(
        "returns 405 with Allow for a method that an address does not have",
        arguments: [
            ("POST", "/fhir/Patient/1", "GET, HEAD, PUT, PATCH, DELETE"),
            ("PUT", "/fhir/Patient/1/_history/1", "GET, HEAD"), ("DELETE", "/fhir/metadata", "GET, HEAD"),
            ("GET", "/fhir/Patient/_search", "POST"), ("PUT", "/fhir", "GET, HEAD, POST"),
            ("PATCH", "/fhir/Patient/1/_history", "GET, HEAD"),
        ])
    func methods(method: String, uri: String, allowed: String) async throws {
        let method = try #require(HTTPRequest.Method(method))
        try await withDoor { door async throws in
            let answer = try await door.send(method, uri)
            #expect(answer.status == 405)
            #expect(answer.headers[.allow] == allowed)
            #expect(answer.issueCode == "not-supported")
        }
    }

    @Test("hands every other address to the pages")
    func pages() async throws {
        try await withDoor { door async throws in
            #expect(try await door.get("/").text == "pages")
            #expect(try await door.get("/fhirx").status == 404)
        }
    }

    @Test("gives a plain X-Request-Id back, and a name of its own instead of any other")
    func requestID() async throws {
        let name = try #require(HTTPField.Name("X-Request-Id"))
        try await withDoor { door async throws in
            #expect(try await door.get("/fhir/Patient", [name: "a-1.b"]).headers[name] == "a-1.b")
            let own = try await door.get("/fhir/Patient", [name: "a b\"c"]).headers[name]
            #expect(own != nil && own != "a b\"c")
            #expect(try await door.get("/fhir/Patient").headers[name] != nil)
        }
    }

    @Test("links by the Host that the client used, unless it could break the text")
    func host() async throws {
        try await withDoor(DoorOptions(publicBase: "https://fhir.example.org/r4")) { door async throws in
            let answer = try await door.post("/fhir/Patient", patient())
            #expect(answer.headers[.location]?.hasPrefix("https://fhir.example.org/r4/Patient/") == true)
        }
    }

    @Test(
        "binds to loopback and says why it refuses anything else",
        arguments: ["0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0", "127.0.0.1.example.org"])
    func loopback(host: String) throws {
        let refusal = #expect(throws: LoopbackAddress.Refusal.self) { try LoopbackAddress(host) }
        #expect(refusal?.description.contains("sign-in") == true)
    }

    @Test("takes every loopback address", arguments: ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
    func loopbackTaken(host: String) throws {
        #expect(try LoopbackAddress(host).host == host)
    }

    @Test(
        "answers to names of this machine alone, so that no page from elsewhere reaches it by its own name",
        arguments: [
            ("localhost", "200"), ("localhost:8080", "200"), ("127.0.0.1:8080", "200"), ("[::1]:8080", "200"),
            ("LOCALHOST", "200"), ("example.org", "421"), ("127.0.0.1.example.org", "421"), ("10.0.0.1", "421"),
        ])
    func names(host: String, status: String) async throws {
        try await withDoor(reach: .live) { door async throws in
            let port = try #require(door.client.port)
            let answer = await SlowClient.send(
                "GET /fhir/Patient?_count=0 HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }
}
