import Access
import Foundation
import HTTPTypes
import HummingbirdTesting
import SignIn
import Testing

@Suite("The registry of programs")
struct RegistryTests {
    @Test("keeps what was registered", arguments: TestDatabase.available)
    func keeps(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, _ in
            let made = try await place.app(.confidential, redirects: ["https://a.example/x", "com.example.app:/done"])
            let found = try #require(try place.signIn.clients.client(made.client.id))
            #expect(found == made.client && found.credential == .secret && made.secret?.hasPrefix("hbk_") == true)
            #expect(found.redirectURIs == ["https://a.example/x", "com.example.app:/done"])
            let backend = try await place.signIn.clients.add(
                NewClient(
                    name: "疾控系统", kind: .backend, scopes: "system/*.rs", organization: "Organization/cdc",
                    division: Division("330106"), purpose: .publicHealth, sensitivities: [.hiv, .hepatitis],
                    keys: "https://cdc.example/jwks"))
            let kept = try place.signIn.clients.client(backend.client.id)
            #expect(kept?.sensitivities == [.hiv, .hepatitis] && kept?.division?.code == "330106")
            #expect(kept?.purpose == .publicHealth && kept?.credential == .keysAt("https://cdc.example/jwks"))
            #expect(try place.signIn.clients.clients().count == 2)
        }
    }

    @Test(
        "tells the origins of apps in use, as browsers write them, and each change", arguments: TestDatabase.available)
    func origins(kind: TestDatabase) async throws {
        try await withSignIn(kind) { place, _ in
            let made = try await place.app(redirects: [
                "https://App.example/x", "https://app.example:443/y", "https://app.example:8443/z?a=b",
                "http://127.0.0.1:9000/cb", "com.example.app:/done",
            ])
            let clients = place.signIn.clients
            #expect(
                try clients.origins() == [
                    "https://app.example", "https://app.example:8443", "http://127.0.0.1:9000",
                ])
            try await clients.setEnabled(false, made.client.id)
            #expect(try clients.origins().isEmpty)
            try await clients.setEnabled(true, made.client.id)
            let other = try await place.app(.confidential, redirects: ["https://b.example/"])
            _ = try await clients.rotate(other.client.id, keys: nil)
            #expect(place.told(.clientAdded).map(\.client) == [made.client.id, other.client.id])
            #expect(place.told(.clientDisabled).count == 1 && place.told(.clientEnabled).count == 1)
            #expect(place.told(.clientRotated).map(\.client) == [other.client.id])
        }
    }

    @Test(
        "refuses addresses that are not one app's alone",
        arguments: [
            "http://app.example/done", "https://app.example/#x", "https://*.example/done", "javascript:alert(1)",
            "data:text/html,x", "app:/done", "https://user:pw@app.example/", "https:///done", "HTTPS://app.example/",
            "https://app.example/a b", "https://app.example/;x", "/done", "", "https://app.example/\u{e9}",
            "file:///etc/passwd", "https://app.example/" + String(repeating: "a", count: 2_100),
        ])
    func addresses(address: String) async throws {
        try await withSignIn { place, _ in
            await #expect(throws: ClientFault.self) { try await place.app(redirects: [address]) }
        }
    }

    @Test(
        "takes addresses of sites, of apps, and of this machine",
        arguments: [
            "https://app.example/done", "https://app.example:8443/done?tenant=1", "http://127.0.0.1:9000/cb",
            "http://localhost/cb", "http://[::1]:1/cb", "com.example.app:/done", "com.example.app://done",
        ])
    func goodAddresses(address: String) async throws {
        try await withSignIn { place, _ in
            let app = try await place.app(redirects: [address])
            #expect(app.client.redirectURIs == [address])
        }
    }

    @Test("matches an address only by itself: any change of one byte is another", arguments: 0..<40 as Range<UInt64>)
    func exactMatch(seed: UInt64) async throws {
        try await withSignIn { place, client in
            var random = SeededGenerator(seed: seed)
            let registered = "https://app.example/done?tenant=1"
            let app = AppSide(client: try await place.app(redirects: [registered]).client)
            let (_, session) = try await place.person("person-p")
            var bytes = Array(registered.utf8)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let byte = UInt8.random(in: 0x21...0x7E, using: &random)
            switch seed % 3 {
            case 0: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            default: bytes.remove(at: place)
            }
            let changed = String(decoding: bytes, as: UTF8.self)
            let response = try await client.authorize(app.parameters(["redirect_uri": changed]), session: session)
            #expect((response.status == .ok) == (changed == registered), "seed \(seed): \(changed)")
            #expect(response.headers[.location] == nil)
        }
    }

    @Test("refuses what does not fit together")
    func rules() async throws {
        try await withSignIn { place, _ in
            let key = jwks([TestKey.newEC().jwk("k")])
            let noKid = jwks([TestKey.newEC().jwk("")])
            var secret = TestKey.newEC().jwk("k")
            secret["d"] = "AAAA"
            let bad: [(String, NewClient)] = [
                (
                    "name",
                    NewClient(name: " ", kind: .public, redirectURIs: ["https://a.example/"], scopes: "patient/*.rs")
                ),
                ("redirect", NewClient(name: "a", kind: .public, scopes: "patient/*.rs")),
                (
                    "redirect",
                    NewClient(
                        name: "a", kind: .backend, redirectURIs: ["https://a.example/"], scopes: "system/*.rs",
                        keys: key)
                ),
                ("keys", NewClient(name: "a", kind: .backend, scopes: "system/*.rs")),
                ("keys", NewClient(name: "a", kind: .backend, scopes: "system/*.rs", keys: "{}")),
                ("keys", NewClient(name: "a", kind: .backend, scopes: "system/*.rs", keys: noKid)),
                ("keys", NewClient(name: "a", kind: .backend, scopes: "system/*.rs", keys: jwks([secret]))),
                ("keys", NewClient(name: "a", kind: .backend, scopes: "system/*.rs", keys: "http://lab.example/jwks")),
                (
                    "keys",
                    NewClient(
                        name: "a", kind: .public, redirectURIs: ["https://a.example/"], scopes: "openid", keys: key)
                ),
                (
                    "scopes",
                    NewClient(name: "a", kind: .public, redirectURIs: ["https://a.example/"], scopes: "system/*.rs")
                ),
                ("scopes", NewClient(name: "a", kind: .backend, scopes: "patient/*.rs", keys: key)),
                (
                    "scopes",
                    NewClient(name: "a", kind: .public, redirectURIs: ["https://a.example/"], scopes: "patient/Cat.rs")
                ),
                ("scopes", NewClient(name: "a", kind: .public, redirectURIs: ["https://a.example/"], scopes: "admin")),
                (
                    "organization",
                    NewClient(name: "a", kind: .backend, scopes: "system/*.rs", organization: "o1", keys: key)
                ),
                ("purpose", NewClient(name: "a", kind: .backend, scopes: "system/*.rs", purpose: .research, keys: key)),
            ]
            for (field, new) in bad {
                do {
                    _ = try await place.signIn.clients.add(new)
                    Issue.record("\(new) was taken")
                } catch let fault as ClientFault { #expect(fault.field.hasPrefix(field), "\(fault)") }
            }
            #expect(try place.signIn.clients.clients().isEmpty)
        }
    }

    @Test("changes a secret: the old one is good no more")
    func rotate() async throws {
        try await withSignIn { place, client in
            let made = try await place.app(.confidential)
            let new = try #require(try await place.signIn.clients.rotate(made.client.id, keys: nil))
            #expect(new != made.secret)
            for (secret, isGood) in [(made.secret, false), (new, true)] {
                let app = AppSide(client: made.client, secret: secret)
                let response = try await client.post("/auth/revoke", [("token", "x")], authorization: app.authorization)
                #expect((response.status == .ok) == isGood)
            }
            let app = try await place.app()
            await #expect(throws: ClientFault.self) { try await place.signIn.clients.rotate(app.client.id, keys: nil) }
            await #expect(throws: ClientFault.self) { try await place.signIn.clients.rotate("nobody", keys: nil) }
        }
    }
}
