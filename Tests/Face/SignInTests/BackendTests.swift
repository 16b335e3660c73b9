import Access
import Crypto
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Synchronization
import Testing

@Suite("SMART Backend Services: private_key_jwt, RFC 7523")
struct BackendTests {
    static let scopes = "system/*.rs system/Observation.cruds"

    /// A program with its key, and the assertions that it makes.
    struct Program: Sendable {
        let client: Client
        let key: TestKey
        var kid = "k1"

        func claims(_ place: SignInPlace, _ changes: [String: any Sendable]) -> [String: Any] {
            let seconds = Int(place.now / 1_000)
            let all: [String: Any] = [
                "iss": client.id, "sub": client.id, "aud": origin + "/auth/token", "jti": UUID().uuidString,
                "exp": seconds + 240, "iat": seconds,
            ]
            return changed(all, changes)
        }

        func assertion(
            _ place: SignInPlace, header: [String: any Sendable] = [:], claims changes: [String: any Sendable] = [:]
        ) -> String {
            var head: [String: Any] = ["alg": "ES384", "typ": "JWT", "kid": kid]
            if case .rsa = key { head["alg"] = "RS384" }
            return key.sign(changed(head, header), claims(place, changes))
        }

        func fields(_ assertion: String, scope: String = BackendTests.scopes) -> [(String, String)] {
            [
                ("grant_type", "client_credentials"), ("scope", scope), ("client_assertion", assertion),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ]
        }
    }

    static func program(_ place: SignInPlace, _ key: TestKey = .newEC(), at address: String? = nil) async throws
        -> Program
    {
        let keys = jwks([key.jwk("k1")])
        if let address { place.outbound.documents.withLock { $0[address] = Array(keys.utf8) } }
        let made = try await place.signIn.clients.add(
            NewClient(
                name: "检验系统", kind: .backend, scopes: scopes, organization: "Organization/o1", purpose: .treatment,
                keys: address ?? keys))
        return Program(client: made.client, key: key)
    }

    @Test(
        "gives a token for five minutes to a program that signs, with either algorithm", arguments: [true, false],
        TestDatabase.available)
    func works(isRSA: Bool, kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let program = try await Self.program(place, isRSA ? .newRSA() : .newEC())
            let response = try await client.post("/auth/token", program.fields(program.assertion(place)))
            #expect(response.status == .ok && json(response)["expires_in"] as? Int == 300)
            #expect(json(response)["scope"] as? String == "system/*.rs system/Observation.rs system/Observation.cruds")
            #expect(json(response)["refresh_token"] == nil)
            let token = try #require(json(response)["access_token"] as? String)
            let holder = try #require(try await place.signIn.tokens.holder(of: token))
            #expect(holder.client.organization == "Organization/o1" && holder.account == nil)
            place.advance(seconds: 300)
            #expect(try await place.signIn.tokens.holder(of: token) == nil)
        }
    }

    /// What is changed in header and claims of a good assertion.
    static let attacks: [(name: String, header: [String: any Sendable], claims: [String: any Sendable])] = [
        ("alg none", ["alg": "none"], [:]), ("alg None", ["alg": "nOnE"], [:]), ("alg HS256", ["alg": "HS256"], [:]),
        ("alg of another kind of key", ["alg": "RS384"], [:]), ("alg ES256", ["alg": "ES256"], [:]),
        ("no kid", ["kid": NSNull()], [:]), ("unknown kid", ["kid": "k2"], [:]),
        ("critical extension", ["crit": ["exp"]], [:]), ("unencoded payload", ["b64": false], [:]),
        ("keys elsewhere", ["jku": "https://evil.example/jwks"], [:]), ("other typ", ["typ": "at+jwt"], [:]),
        ("expired", [:], ["exp": 1_767_225_500]), ("ends too late", [:], ["exp": 1_767_225_600 + 400]),
        ("never ends", [:], ["exp": NSNull()]), ("not yet good", [:], ["nbf": 1_767_225_600 + 100]),
        ("made in the future", [:], ["iat": 1_767_225_600 + 100]),
        ("other audience", [:], ["aud": "https://other.example/token"]),
        ("audience of FHIR", [:], ["aud": origin + "/fhir"]), ("no audience", [:], ["aud": NSNull()]),
        ("no jti", [:], ["jti": NSNull()]), ("empty jti", [:], ["jti": ""]),
        ("long jti", [:], ["jti": String(repeating: "j", count: 300)]), ("other sub", [:], ["sub": "somebody"]),
        ("unknown issuer", [:], ["iss": "nobody", "sub": "nobody"]),
        ("too long", [:], ["filling": String(repeating: "x", count: 20_000)]), ("exp as text", [:], ["exp": "soon"]),
    ]

    @Test("refuses a bad assertion", arguments: 0..<attacks.count)
    func attack(row: Int) async throws {
        let (name, header, claims) = Self.attacks[row]
        try await withSignIn { place, client in
            let program = try await Self.program(place)
            let bad = program.assertion(place, header: header, claims: claims)
            let response = try await client.post("/auth/token", program.fields(bad))
            #expect(
                response.status == .unauthorized && json(response)["error"] as? String == "invalid_client", "\(name)")
        }
    }

    @Test("refuses a signature by another key, a changed one, and none")
    func signatures() async throws {
        try await withSignIn { place, client in
            let program = try await Self.program(place)
            let good = program.assertion(place)
            let stranger = Program(client: program.client, key: .newEC()).assertion(place)
            let parts = good.split(separator: ".").map(String.init)
            let other = program.assertion(place).split(separator: ".").map(String.init)
            for bad in [
                stranger, "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "\(parts[0]).\(other[1]).\(parts[2])",
                good + "=", good + ".x", "..", "",
            ] {
                let response = try await client.post("/auth/token", program.fields(bad))
                #expect(response.status == .unauthorized)
            }
            #expect(try await client.post("/auth/token", program.fields(good)).status == .ok)
        }
    }

    @Test("refuses a shared secret made of the public key (algorithm confusion)")
    func confusion() async throws {
        try await withSignIn { place, client in
            let program = try await Self.program(place)
            let keys = try JSONSerialization.data(withJSONObject: program.key.jwk("k1"))
            let head = base64URL(Data(#"{"alg":"HS384","kid":"k1","typ":"JWT"}"#.utf8))
            let body = base64URL(try JSONSerialization.data(withJSONObject: program.claims(place, [:])))
            let tag = HMAC<SHA384>.authenticationCode(
                for: Data("\(head).\(body)".utf8), using: SymmetricKey(data: keys))
            let response = try await client.post("/auth/token", program.fields("\(head).\(body).\(base64URL(tag))"))
            #expect(response.status == .unauthorized)
        }
    }

    @Test("takes an assertion once, whatever comes at the same time", arguments: TestDatabase.available)
    func replay(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, client in
            let program = try await Self.program(place)
            let assertion = program.assertion(place)
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await client.post("/auth/token", program.fields(assertion)).status == .ok }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 1)
            place.advance(seconds: 200)
            #expect(try await client.post("/auth/token", program.fields(assertion)).status == .unauthorized)
        }
    }

    @Test("gives a program no more than it is registered for")
    func scopes() async throws {
        try await withSignIn { place, client in
            let program = try await Self.program(place)
            func ask(_ scope: String) async throws -> [String: Any] {
                json(try await client.post("/auth/token", program.fields(program.assertion(place), scope: scope)))
            }
            #expect(try await ask("system/Patient.cruds")["scope"] as? String == "system/Patient.rs")
            #expect(try await ask("system/Patient.read")["scope"] as? String == "system/Patient.read")
            for bad in ["user/*.rs", "patient/*.rs", "openid", "system/Patient.d", ""] {
                #expect(try await ask(bad)["error"] as? String == "invalid_scope")
            }
        }
    }

    @Test("fetches the keys of a program, and its new ones when it has changed them")
    func remoteKeys() async throws {
        try await withSignIn { place, client in
            let address = "https://lab.example/jwks.json"
            var program = try await Self.program(place, at: address)
            func works() async throws -> Bool {
                try await client.post("/auth/token", program.fields(program.assertion(place))).status == .ok
            }
            #expect(try await works())
            #expect(try await works())
            #expect(place.outbound.asked.withLock { $0.count } == 1)
            program = Program(client: program.client, key: .newRSA(), kid: "k2")
            let new = jwks([program.key.jwk("k2")])
            place.outbound.documents.withLock { $0[address] = Array(new.utf8) }
            // Unknown key ids are looked for once in ten seconds, so that nobody can make us ask all the time.
            #expect(try await !works())
            #expect(try await !works())
            #expect(place.outbound.asked.withLock { $0.count } == 1)
            place.advance(seconds: 11)
            #expect(try await works())
            #expect(place.outbound.asked.withLock { $0.count } == 2)
            place.outbound.documents.withLock { $0[address] = nil }
            place.advance(seconds: 600)
            #expect(try await works())
            place.advance(seconds: 3_600)
            #expect(try await !works())
        }
    }

    @Test("takes the registered address of keys in jku, and no other", arguments: [true, false])
    func jku(isRegistered: Bool) async throws {
        try await withSignIn { place, client in
            let address = "https://lab.example/jwks.json"
            let program = try await Self.program(place, at: address)
            let other = "https://lab.example/other.json"
            let assertion = program.assertion(place, header: ["jku": isRegistered ? address : other])
            let response = try await client.post("/auth/token", program.fields(assertion))
            #expect((response.status == .ok) == isRegistered)
            #expect(!place.outbound.asked.withLock { $0.contains(other) })
        }
    }
}
