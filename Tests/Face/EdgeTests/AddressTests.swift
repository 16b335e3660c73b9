import Edge
import HTTPTypes
import Testing

/// Addresses, ranges, names, and what proxies say.
@Suite("addresses")
struct AddressTests {
    @Test(
        "reads an address in every form that proxies write",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), (" 192.0.2.1 ", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:DB8:0:0::1]", "2001:db8::1"), ("::1", "::1"),
        ])
    func reads(text: String, expected: String) { #expect(NetworkAddress(text)?.description == expected) }

    @Test(
        "writes an IPv4 address as it is written everywhere",
        arguments: ["0.0.0.0", "255.255.255.255", "10.100.9.0", "1.20.200.99", "127.0.0.1", "100.101.102.103"])
    func writes(text: String) { #expect(NetworkAddress(text)?.description == text) }

    @Test(
        "takes nothing else for an address",
        arguments: [
            "", "unknown", "_hidden", "192.0.2", "192.0.2.256", "0x7f000001", "2130706433", "1.2.3.4.5", "::g", "a:1",
        ])
    func refuses(text: String) { #expect(NetworkAddress(text) == nil) }

    @Test("counts an IPv6 address by its first 64 bits, an IPv4 one whole")
    func networks() throws {
        let one = try #require(NetworkAddress("2001:db8:1:2::1")),
            two = try #require(NetworkAddress("2001:db8:1:2:ffff::9"))
        let other = try #require(NetworkAddress("2001:db8:1:3::1"))
        #expect(one != two && one.network == two.network && one.network != other.network)
        let four = try #require(NetworkAddress("192.0.2.1"))
        #expect(four.network == four)
    }

    @Test(
        "knows who is in a range",
        arguments: [
            ("10.1.0.0/16", "10.1.255.255", true), ("10.1.0.0/16", "10.2.0.0", false), ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
            ("::/0", "2001:db8::1", true), ("10.1.2.3/8", "10.200.0.1", true), ("::ffff:10.0.0.1", "10.0.0.1", true),
        ])
    func ranges(range: String, address: String, isIn: Bool) throws {
        #expect(try AddressRange(range).contains(#require(NetworkAddress(address))) == isIn)
    }

    @Test(
        "refuses a range that is none",
        arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/a", "a/8", "1.2.3.4/8/8", "::/129"])
    func malformed(text: String) { #expect(throws: AddressRange.Malformed.self) { try AddressRange(text) } }

    @Test(
        "answers to its own names, whatever their case and port, and to no other",
        arguments: [
            ("health.example.org", true), ("HEALTH.example.org:443", true), ("localhost", true), ("127.9.9.9:1", true),
            ("[::1]:8080", true), ("", true), ("example.org", false), ("health.example.org.evil.org", false),
            ("evil-health.example.org", false), ("health.example.org@evil.org", false),
            ("health.example.org:80:80", false),
            ("health.example.org/", false), ("health.example.org,evil.org", false), ("[health.example.org]", false),
            ("10.0.0.1", false), ("health.example.org.", false), (" ", false), ("健康.cn", false),
        ])
    func names(authority: String, isOwn: Bool) throws {
        #expect(try OwnNames(["Health.Example.org"]).isNamed(by: authority) == isOwn)
    }

    @Test("takes a name alone", arguments: ["https://a.org", "a.org:443", "a.org/x", "", "a b", "健康.cn"])
    func malformedNames(name: String) { #expect(throws: OwnNames.Malformed.self) { try OwnNames([name]) } }

    @Test(
        "believes a trusted proxy alone, and of its list only what trusted ones wrote",
        arguments: [
            // peer, X-Forwarded-For, X-Forwarded-Proto → client, secure
            ("10.0.0.1", "203.0.113.9", "https", "203.0.113.9", true),
            ("10.0.0.1", "198.51.100.7, 203.0.113.9", "https", "203.0.113.9", true),
            ("10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "https", "203.0.113.9", true),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "https", "10.0.0.3", true),
            ("10.0.0.1", "203.0.113.9, unknown", "https", "10.0.0.1", true),
            ("10.0.0.1", "203.0.113.9", "http", "203.0.113.9", false),
            ("10.0.0.1", "203.0.113.9", "https, http", "203.0.113.9", false),
            ("10.0.0.1", "203.0.113.9", "", "203.0.113.9", false),
            ("10.0.0.1", "", "https", "10.0.0.1", false),
            ("192.0.2.66", "203.0.113.9", "https", "192.0.2.66", false),
        ])
    func proxies(peer: String, forwarded: String, scheme: String, client: String, isSecure: Bool) throws {
        var fields = HTTPFields()
        if !forwarded.isEmpty { fields[try #require(HTTPField.Name("x-forwarded-for"))] = forwarded }
        if !scheme.isEmpty { fields[try #require(HTTPField.Name("x-forwarded-proto"))] = scheme }
        let found = Arrival.read(
            fields, peer: NetworkAddress(peer), isTLS: false, proxies: [try AddressRange("10.0.0.0/24")])
        #expect(found.client?.description == client)
        #expect(found.isSecure == isSecure)
    }

    @Test(
        "listens beyond this machine only with sign-in, TLS and a name",
        arguments: [
            // host, enforced, TLS, proxy, name → what is missing
            ("127.0.0.1", false, false, false, false, nil), ("::1", false, false, false, false, nil),
            ("localhost", true, true, true, true, nil), ("0.0.0.0", true, true, false, true, nil),
            ("192.0.2.1", true, false, true, true, nil), ("0.0.0.0", false, true, true, false, "sign-in"),
            ("0.0.0.0", true, false, false, true, "TLS"), ("::", true, true, false, false, "--public-name"),
            ("127.0.0.1", false, true, false, true, "--access enforced"),
            ("example.org", true, true, true, true, "address"),
        ] as [(String, Bool, Bool, Bool, Bool, String?)])
    func listening(host: String, enforced: Bool, tls: Bool, proxy: Bool, name: Bool, missing: String?) {
        let protection = ListenAddress.Protection(
            isAccessEnforced: enforced, hasTLS: tls, hasProxy: proxy, hasName: name)
        do {
            let address = try ListenAddress(host, protection)
            #expect(missing == nil && address.host == host)
        } catch {
            #expect(error.description.contains(missing ?? "nothing is missing"))
        }
    }
}
