import API
import Edge
import Foundation
import HTTPTypes
import Testing

/// Who is turned away before the door, and with what every answer leaves.
@Suite("the porch", .serialized)
struct PorchTests {
    private static func name(_ text: String) throws -> HTTPField.Name { try #require(HTTPField.Name(text)) }

    /// A server behind a proxy on this machine, with clients from wherever the proxy says.
    private static func proxied(_ rates: [RequestKind: RateLimits.Rates]? = nil) throws -> EdgeOptions {
        EdgeOptions(
            names: try OwnNames(["health.example.org"]),
            proxies: [try AddressRange("127.0.0.1"), try AddressRange("::1")],
            rates: rates.map { RateLimits($0) { 0 } }, monitors: [try AddressRange("203.0.113.77")])
    }

    @Test("gives every answer the headers that protect it, and none that tells what serves it")
    func headers() async throws {
        let requests = [
            ("GET", "/fhir/Patient"), ("GET", "/fhir/Patient/none"), ("GET", "/fhir/metadata"), ("GET", "/nowhere"),
            ("GET", "/"),
            ("GET", "/healthz"), ("GET", "/metrics"), ("POST", "/fhir"), ("DELETE", "/fhir"), ("GET", "/failing"),
            ("HEAD", "/fhir/Patient"), ("GET", "/fhir/%2e%2e/x"), ("OPTIONS", "/fhir"),
        ]
        try await withEdge(EdgeOptions()) { port, _ async throws in
            for (method, target) in requests {
                let answer = await RawClient(port: port).send(
                    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                let head = answer.text.components(separatedBy: "\r\n\r\n")[0].lowercased()
                for name in [
                    "x-content-type-options: nosniff", "referrer-policy: no-referrer", "x-frame-options: deny",
                    "cross-origin-resource-policy: same-origin", "frame-ancestors 'none'", "cache-control: no-store",
                ] {
                    #expect(head.components(separatedBy: name).count == 2, "\(name) of \(method) \(target)")
                }
                for name in ["server:", "x-powered-by:", "strict-transport-security:"] { #expect(!head.contains(name)) }
                #expect(!answer.text.contains("secret reason"))
            }
        }
    }

    @Test("is told by a proxy whether the client used TLS: HSTS, and links by https")
    func transport() async throws {
        let forwardedFor = try Self.name("X-Forwarded-For"), forwardedProto = try Self.name("X-Forwarded-Proto")
        let transport = try Self.name("Strict-Transport-Security")
        try await withEdge(try Self.proxied()) { _, door async throws in
            let fields: HTTPFields = [forwardedFor: "203.0.113.9", forwardedProto: "https"]
            let answer = try await door.get("/fhir/Patient", fields)
            #expect(answer.status == 200)
            #expect(answer.headers[transport] == "max-age=31536000; includeSubDomains")
            #expect(answer.text.contains("\"https://localhost"))
            let clear = try await door.get("/fhir/Patient", [forwardedFor: "203.0.113.9", forwardedProto: "http"])
            #expect(clear.status == 403 && clear.issueCode == "security")
            #expect(try await door.get("/healthz", [forwardedFor: "203.0.113.9"]).status == 200)
            #expect(try await door.get("/fhir/Patient").status == 200, "this machine itself")
        }
    }

    @Test("shows metrics to this machine, and to whom it was told to")
    func metrics() async throws {
        let forwardedFor = try Self.name("X-Forwarded-For"), forwardedProto = try Self.name("X-Forwarded-Proto")
        try await withEdge(try Self.proxied()) { _, door async throws in
            #expect(try await door.get("/metrics").status == 200)
            #expect(
                try await door.get("/metrics", [forwardedFor: "203.0.113.9", forwardedProto: "https"]).status == 403)
            let told = try await door.get("/metrics", [forwardedFor: "203.0.113.77", forwardedProto: "https"])
            #expect(told.status == 200 && told.text.contains("healthbrain_edge_refused_total{reason=\"name\"} 1"))
        }
    }

    @Test(
        "shows metrics to nobody else by another way to write their address",
        arguments: [
            "/metrics?x", "/metrics?", "/metrics?x=/metrics", "//metrics", "/metrics/", "/metrics//", "/%6Detrics",
            "/%6detrics", "/m%65trics", "/./metrics", "/x/../metrics", "/%2e/metrics", "/%2Fmetrics", "/metrics%2F",
            "/metrics;x", "/metrics%3Fx", "/METRICS", "/fhir/../metrics", "/metrics%00", "/metrics%20", "/\\metrics",
            "http://localhost/metrics",
        ])
    func metricsByAnotherName(target: String) async throws {
        try await withEdge(try Self.proxied()) { port, _ async throws in
            for method in ["GET", "HEAD"] {
                let answer = await RawClient(port: port).send(
                    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n"
                        + "X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n")
                #expect(answer.statuses.allSatisfy { [400, 403, 404].contains($0) } && !answer.statuses.isEmpty)
                #expect(!answer.text.contains("healthbrain_"), "\(target)")
            }
        }
    }

    @Test("takes nobody for this machine whom a proxy handed on, whatever it says of them")
    func handedOn() async throws {
        try await withEdge(try Self.proxied()) { port, _ async throws in
            for fields in [
                "Host: health.example.org", "Host: localhost\r\nX-Forwarded-For: 127.0.0.1",
                "Host: localhost\r\nX-Forwarded-For: unknown", "Host: localhost\r\nX-Forwarded-For: ::1",
            ] {
                let answer = await RawClient(port: port).send(
                    "GET /metrics HTTP/1.1\r\n\(fields)\r\nConnection: close\r\n\r\n")
                #expect(answer.statuses == [403], "\(fields)")
            }
        }
    }

    @Test("answers to its public name, and to no other")
    func names() async throws {
        try await withEdge(try Self.proxied()) { port, _ async throws in
            for (host, status) in [
                ("health.example.org", 200), ("HEALTH.EXAMPLE.ORG:443", 200), ("evil.org", 421), ("10.0.0.1", 421),
            ] {
                let answer = await RawClient(port: port).send(
                    "GET /healthz HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
                #expect(answer.statuses == [status])
            }
        }
    }

    @Test("tells who asks too often when to come again, and lets others go on")
    func rates() async throws {
        let forwardedFor = try Self.name("X-Forwarded-For"), forwardedProto = try Self.name("X-Forwarded-Proto")
        let edge = try Self.proxied([
            .reads: .init(address: Rate(perSecond: 0.5, burst: 3), account: nil),
            .writes: .init(address: Rate(perSecond: 1, burst: 1), account: nil),
        ])
        try await withEdge(edge) { _, door async throws in
            func fields(_ client: String) -> HTTPFields { [forwardedFor: client, forwardedProto: "https"] }
            for _ in 0..<3 { #expect(try await door.get("/fhir/Patient", fields("203.0.113.9")).status == 200) }
            let refused = try await door.get("/fhir/Patient", fields("203.0.113.9"))
            #expect(refused.status == 429 && refused.issueCode == "throttled")
            #expect(refused.headers[.retryAfter] == "2")
            #expect(refused.diagnostics.contains("2 s"))
            #expect(try await door.get("/", fields("203.0.113.9")).status == 429, "pages are reads too")
            #expect(try await door.get("/fhir/Patient", fields("203.0.113.10")).status == 200)
            #expect(
                try await door.put("/fhir/Patient/1", patient("1"), fields("203.0.113.9")).status == 201, "another kind"
            )
            #expect(try await door.put("/fhir/Patient/1", patient("1"), fields("203.0.113.9")).status == 429)
            #expect(try await door.get("/fhir/Patient", fields("2001:db8::1")).status == 200)
            for _ in 0..<10 {
                #expect(try await door.get("/healthz").status == 200, "this machine itself has no limit")
            }
        }
        #expect(edge.counters.refused.contains { $0.0 == .rate && $0.1 == 3 })
    }
}
