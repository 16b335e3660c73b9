import API
import Edge
import Foundation
import HTTPTypes
import JSON
import Testing

/// Which pages of other origins may read FHIR: <https://fetch.spec.whatwg.org/#http-cors-protocol>
@Suite("apps in browsers, of other origins", .serialized)
struct CrossOriginTests {
    private static let app = "https://app.example"
    private static var options: DoorOptions {
        var options = DoorOptions()
        options.allowsOrigin = { $0 == app }
        return options
    }

    private func field(_ name: String) throws -> HTTPField.Name { try #require(HTTPField.Name(name)) }

    @Test("may read answers where an app of theirs is registered, by a bearer token and never with a cookie")
    func answers() async throws {
        let origin = try field("Origin")
        try await withEdge(EdgeOptions(), options: Self.options) { _, door async throws in
            for path in ["/fhir/Patient", "/fhir/Patient/none", "/fhir/metadata", "/fhir/Nothing"] {
                let answer = try await door.get(path, [origin: Self.app, .authorization: "Bearer x"])
                #expect(answer.headers[.accessControlAllowOrigin] == Self.app, "\(path)")
                #expect(answer.headers[.accessControlAllowCredentials] == nil)
                #expect(answer.headers[values: .vary].joined(separator: ",").contains("Origin"))
                #expect(answer.headers[.accessControlExposeHeaders]?.contains("ETag") == true)
            }
            for stranger in [
                "https://evil.example", "https://app.example.evil.org", "http://app.example", "null",
                "https://app.example:8443",
                "https://APP.example", "*",
            ] {
                let answer = try await door.get("/fhir/Patient", [origin: stranger, .authorization: "Bearer x"])
                #expect(answer.headers[.accessControlAllowOrigin] == nil, "\(stranger)")
                #expect(answer.headers[values: .vary].joined(separator: ",").contains("Origin"))
            }
            let withCookie = try await door.get("/fhir/Patient", [origin: Self.app, .cookie: "healthbrain_session=x"])
            #expect(withCookie.headers[.accessControlAllowOrigin] == nil)
            for path in ["/", "/healthz", "/metrics", "/session"] {
                let answer = try await door.get(path, [origin: Self.app])
                #expect(answer.headers[.accessControlAllowOrigin] == nil, "\(path)")
            }
        }
    }

    @Test("learn beforehand what they may send")
    func preflight() async throws {
        let (origin, asked) = (try field("Origin"), try field("Access-Control-Request-Method"))
        try await withEdge(EdgeOptions(), options: Self.options) { _, door async throws in
            let answer = try await door.send(.options, "/fhir/Patient/1", [origin: Self.app, asked: "PUT"], nil)
            #expect(answer.status == 204)
            #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
            #expect(answer.headers[.accessControlAllowMethods]?.contains("PUT") == true)
            #expect(answer.headers[.accessControlAllowHeaders]?.contains("Authorization") == true)
            #expect(answer.headers[.accessControlAllowCredentials] == nil)
            let stranger = try await door.send(
                .options, "/fhir/Patient/1", [origin: "https://evil.example", asked: "PUT"], nil)
            #expect(stranger.status == 204 && stranger.headers[.accessControlAllowOrigin] == nil)
            #expect(stranger.headers[.accessControlAllowMethods] == nil)
            #expect(try await door.send(.options, "/fhir/Patient", [:], nil).status == 405, "no question of a browser")
        }
    }

    @Test("may read nothing where no apps sign in")
    func openHouse() async throws {
        let origin = try field("Origin")
        try await withEdge(EdgeOptions()) { _, door async throws in
            let answer = try await door.get("/fhir/Patient", [origin: Self.app])
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
    }
}
