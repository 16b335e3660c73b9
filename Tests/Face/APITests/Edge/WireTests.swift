import API
import Edge
import Testing

/// What comes over the wire that is no honest HTTP: by sockets, since no library would send it.
@Suite("the wire")
struct WireTests {
    private static let head = "Host: localhost\r\nContent-Type: application/fhir+json\r\n"
    private static let second = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test(
        "never takes the body of a request for another request",
        arguments: [
            // Content-Length and Transfer-Encoding together (RFC 9112 §6.1).
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n\(second)",
            // Two lengths, or one that is none.
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: 0\r\nContent-Length: 44\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: 0, 44\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: +0\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: -1\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: 0x2C\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Content-Length: 99999999999999999999\r\n\r\n\(second)",
            // Codings that only some understand.
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding:\u{0B}chunked\r\n\r\n0\r\n\r\n\(second)",
            // A length of a chunk that is none.
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\nZ\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\r\n\(second)",
            "POST /fhir HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\n0\n\r\n\(second)",
            // A folded line (obs-fold), blanks where none may be, bare line ends, NUL.
            "GET /fhir HTTP/1.1\r\nHost: localhost\r\nX: a\r\n Content-Length: 44\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1\r\nHost: localhost\r\nContent-Length : 44\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1\r\n Host: localhost\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1\r\nHost: localhost\r\nX: a\rContent-Length: 44\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n\(second)",
            "GET  /fhir HTTP/1.1\r\nHost: localhost\r\n\r\n\(second)",
            "GET /fhir HTTP/1.1 x\r\nHost: localhost\r\n\r\n\(second)",
            "GET /fhir HTTP/3.7\r\nHost: localhost\r\n\r\n\(second)",
        ])
    func smuggling(text: String) async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            let answer = await RawClient(port: port, patienceSeconds: 3).send(text)
            #expect(answer.isClosed)
            #expect(answer.statuses.count <= 1)
            #expect(answer.statuses.allSatisfy { $0 == 400 || $0 == 501 }, "\(answer.text.prefix(300))")
        }
    }

    @Test("answers requests that come one behind another in their order")
    func pipelined() async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            let answer = await RawClient(port: port).send(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /fhir/Patient/none HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    + "POST /fhir HTTP/1.1\r\n\(Self.head)Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                    + "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(answer.isClosed)
            #expect(answer.statuses == [200, 404, 400, 200])
        }
    }

    @Test(
        "refuses heads that are too large, and says so",
        arguments: [
            "GET /fhir/Patient?name=\(String(repeating: "a", count: 70_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /fhir/Patient?name=\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: a\r\n", count: 200))\r\n",
        ])
    func large(text: String) async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            let answer = await RawClient(port: port, patienceSeconds: 3).send(text)
            let status = try #require(answer.statuses.first)
            #expect(status == 414 || status == 431)
            #expect(answer.text.contains("X-Content-Type-Options: nosniff"))
        }
    }

    @Test(
        "answers 400 to a path that could be read in two ways, before anybody reads it",
        arguments: [
            "/fhir/Patient/..%2f..%2fetc", "/static/../templates/city.mustache", "/fhir/%2e%2e/x",
            "/fhir/Patient/1%00.json",
            "/fhir/Patient/%C0%AE%C0%AE", "/fhir/Patient/%", "/fhir\\Patient", "http://localhost/fhir/Patient", "*",
            "/fhir/Patient#x",
        ])
    func traps(target: String) async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            let answer = await RawClient(port: port).send(
                "GET \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(answer.statuses == [400])
            #expect(answer.isClosed)
        }
    }

    @Test(
        "takes no word of a client on method, path or name but the request's own",
        arguments: [
            "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE", "X-Method-Override: PUT",
            "X-Original-URL: /metrics",
            "X-Rewrite-URL: /metrics", "X-Forwarded-Host: evil.org", "Forwarded: host=evil.org",
            "X-Forwarded-Prefix: /evil",
            "X-Forwarded-Proto: https",
        ])
    func overrides(field: String) async throws {
        try await withEdge(EdgeOptions()) { port, door async throws in
            #expect(try await door.put("/fhir/Patient/kept", patient("kept")).status == 201)
            let answer = await RawClient(port: port).send(
                "GET /fhir/Patient?_id=kept&_method=DELETE HTTP/1.1\r\nHost: localhost\r\n\(field)\r\nConnection: close\r\n\r\n"
            )
            #expect(answer.statuses == [200] || answer.statuses == [400])
            #expect(!answer.text.contains("evil") && !answer.text.contains("https://localhost"))
            let post = await RawClient(port: port).send(
                "POST /fhir/Patient/kept HTTP/1.1\r\n\(Self.head)\(field)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            #expect(post.statuses == [405])
            #expect(try await door.get("/fhir/Patient/kept").status == 200)
        }
    }

    @Test("does not send a request back to who sent it", arguments: ["TRACE", "TRACK", "CONNECT"])
    func trace(method: String) async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            for target in ["/", "/fhir", "/fhir/Patient"] {
                let answer = await RawClient(port: port, patienceSeconds: 3).send(
                    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nCookie: secret-word\r\nConnection: close\r\n\r\n"
                )
                #expect(!answer.text.contains("secret-word"))
                #expect(answer.statuses.allSatisfy { $0 >= 400 }, "\(answer.statuses)")
            }
        }
    }

    @Test("refuses a request that names two hosts")
    func twoHosts() async throws {
        try await withEdge(EdgeOptions()) { port, _ async throws in
            let answer = await RawClient(port: port).send(
                "GET /fhir/Patient HTTP/1.1\r\nHost: localhost\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            #expect(answer.statuses == [400])
        }
    }

    @Test(
        "closes on a client that is slow with its head",
        arguments: ["", "GET", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n", "\u{16}\u{3}\u{1}"])
    func slowHead(text: String) async throws {
        var edge = EdgeOptions()
        edge.connections.headSeconds = 0.2
        try await withEdge(edge) { [edge] port, _ async throws in
            let answer = await RawClient(port: port).send(text)
            #expect(answer.isClosed)
            #expect(answer.statuses.allSatisfy { $0 == 400 })
            _ = edge
        }
    }

    @Test("closes on a head that never ends, though bytes keep coming")
    func tricklingHead() async throws {
        var edge = EdgeOptions()
        edge.connections.headSeconds = 0.2
        try await withEdge(edge) { port, _ async throws in
            let pieces = ["GET /healthz HTTP/1.1\r\n"] + (0..<2_000).map { "X-\($0): a\r\n" }
            var client = RawClient(port: port)
            client.pause = .milliseconds(10)
            let answer = await client.send(pieces.map { Array($0.utf8) })
            #expect(answer.isClosed)
            #expect(answer.statuses.isEmpty)
        }
    }

    @Test(
        "closes on a body that trickles below the least rate, read or thrown away",
        arguments: ["/fhir/Patient", "/nowhere"])
    func tricklingBody(path: String) async throws {
        var edge = EdgeOptions()
        edge.connections.bodySeconds = 0.2
        edge.connections.bytesPerSecondMin = 100_000
        try await withEdge(edge) { port, _ async throws in
            let head = "POST \(path) HTTP/1.1\r\n\(Self.head)Content-Length: 1000000\r\n\r\n"
            var client = RawClient(port: port)
            client.pause = .milliseconds(10)
            let answer = await client.send([Array(head.utf8)] + (0..<2_000).map { _ in [0x20] })
            #expect(answer.isClosed)
        }
        #expect(edge.counters.refused.contains { $0.0 == .slowBody && $0.1 > 0 })
    }

    @Test("closes on a client that does not take its answer")
    func untaken() async throws {
        var edge = EdgeOptions()
        edge.connections.answerSeconds = 0.2
        try await withEdge(edge) { [edge] port, _ async throws in
            var client = RawClient(port: port)
            client.pause = .seconds(2)
            // While the client sleeps behind its request, nothing is read.
            let answer = await client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(answer.isClosed)
            #expect(answer.bytes.count < 16 << 20)
            #expect(edge.counters.refused.contains { $0.0 == .slowAnswer && $0.1 == 1 })
        }
    }

    @Test("closes a connection on which nothing is asked any more")
    func idle() async throws {
        var edge = EdgeOptions()
        edge.connections.idleSeconds = 0.2
        try await withEdge(edge) { port, _ async throws in
            let answer = await RawClient(port: port).send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(answer.isClosed)
            #expect(answer.statuses == [200])
        }
    }

    @Test("turns away a connection too many, and takes a new one when another has gone")
    func connections() async throws {
        var edge = EdgeOptions()
        edge.connections.connectionsPerAddressMax = 3
        try await withEdge(edge) { [edge] port, _ async throws in
            // The client of the tests holds one at most; two more wait for a head that never comes.
            async let first = RawClient(port: port, patienceSeconds: 2).send("GET")
            async let second = RawClient(port: port, patienceSeconds: 2).send("GET")
            async let third = RawClient(port: port, patienceSeconds: 2).send("GET")
            async let fourth = RawClient(port: port, patienceSeconds: 2).send("GET")
            let closed = await [first, second, third, fourth].filter(\.isClosed).count
            #expect(closed == 1)
            #expect(edge.counters.refused.contains { $0.0 == .connections && $0.1 == 1 })
            let later = await RawClient(port: port).send(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(later.statuses == [200])
        }
    }
}
