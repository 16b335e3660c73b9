import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Testing

@Suite("Discovery: SMART App Launch 2.2, Conformance; OpenID Connect Discovery 1.0")
struct DiscoveryTests {
    @Test(
        "tells where everything is",
        arguments: ["/fhir/.well-known/smart-configuration", "/.well-known/openid-configuration"])
    func document(path: String) async throws {
        try await withSignIn { _, client in
            let response = try await client.get(path)
            let document = json(response)
            #expect(response.status == .ok && response.headers[.contentType] == "application/json")
            #expect(response.headers[.accessControlAllowOrigin] == "*")
            #expect(document["issuer"] as? String == origin)
            #expect(document["token_endpoint"] as? String == origin + "/auth/token")
            #expect(document["code_challenge_methods_supported"] as? [String] == ["S256"])
            let capabilities = document["capabilities"] as? [String] ?? []
            for needed in ["launch-standalone", "launch-ehr", "client-confidential-asymmetric", "permission-v2"] {
                #expect(capabilities.contains(needed))
            }
        }
    }

    @Test("publishes the public part of the signing keys alone, and the old ones for a day")
    func keys() async throws {
        try await withSignIn { place, client in
            func keys() async throws -> [[String: Any]] {
                json(try await client.get("/auth/jwks"))["keys"] as? [[String: Any]] ?? []
            }
            let first = try await keys()
            #expect(first.count == 1)
            #expect(Set(first[0].keys) == ["kid", "kty", "use", "alg", "n", "e"])
            place.advance(seconds: 60)
            try await place.signIn.rotateSigningKey()
            let two = try await keys()
            #expect(two.count == 2 && two[1]["kid"] as? String == first[0]["kid"] as? String)
            place.advance(seconds: 90_000)
            #expect(try await keys().count == 1)
            place.advance(seconds: 31 * 86_400)
            let next = try await keys()
            #expect(next.count == 2 && next[1]["kid"] as? String == two[0]["kid"] as? String)
        }
    }
}
