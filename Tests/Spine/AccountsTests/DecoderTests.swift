import Accounts
import Foundation
import Testing

/// Whatever comes from a browser, a file or an altered database is read or refused, never more.
@Suite struct DecoderTests {
    private static func noise(_ random: inout SeededGenerator) -> String {
        let letters = Array("ABCxyz0129-_=.:$,+/ \u{0}é中🧠argon2id$v=19$m=65536,t=3,p=4$")
        return String(
            (0..<Int.random(in: 0...90, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
    }

    @Test("bytes come back from every text form", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<Int(seed)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        #expect(Base32.decode(Base32.encode(bytes)) == bytes)
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }

    @Test("gives the examples of RFC 4648 §10")
    func base32() {
        let texts = ["": "", "f": "MY", "fo": "MZXQ", "foo": "MZXW6", "foob": "MZXW6YQ", "fooba": "MZXW6YTB"]
        for (plain, coded) in texts {
            #expect(Base32.encode(Array(plain.utf8)) == coded)
            #expect(Base32.decode(coded.lowercased()) == Array(plain.utf8))
        }
        #expect(Base32.decode("M1") == nil)
    }

    @Test("noise is refused or has one reading", arguments: 0..<500 as Range<UInt64>)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let text = Self.noise(&random)
            if let bytes = Base64URL.decode(text) { #expect(Base64URL.encode(bytes) == text) }
            if let bytes = Hex.decode(text) { #expect(Hex.encode(bytes) == text.lowercased()) }
            if let hash = PasswordHash(text) { #expect(hash.text == text) }
            _ = Base32.decode(text)
            _ = NetworkAddress.key(text)
            #expect(DeviceLabel.label(text).count < 40)
        }
    }

    @Test("a stored hash with one byte changed is refused or matches no more", arguments: 0..<60)
    func changedHash(place: Int) throws {
        let password = try #require(NormalizedPassword(goodPassword))
        let text = try PasswordHash(password, salt: Array(0..<16), TestPlace.quick).text
        #expect(try #require(PasswordHash(text)).matches(password) == true)
        let original = Array(text.utf8)
        for byte in [UInt8(ascii: "A"), UInt8(ascii: "9"), UInt8(ascii: "$"), 0]
        where original[place % original.count] != byte {
            var bytes = original
            bytes[place % bytes.count] = byte
            let hash = PasswordHash(String(decoding: bytes, as: UTF8.self))
            // A changed parameter may ask for much memory, within bounds: those are not computed here.
            if let hash, hash.parameters == TestPlace.quick { #expect(try !hash.matches(password)) }
        }
    }

    @Test(
        "a stored hash that would take the machine is refused",
        arguments: ["m=4194304,t=3,p=4", "m=65536,t=1000,p=4", "m=65536,t=3,p=64", "m=8,t=1,p=4", "m=065536,t=3,p=4"])
    func bounds(parameters: String) {
        let text =
            "$argon2id$v=19$\(parameters)$AAECAwQFBgcICQoLDA0ODw$\(Data(repeating: 7, count: 32).base64EncodedString().dropLast())"
        #expect(PasswordHash(text) == nil)
    }

    @Test("computes argon2id as its reference does")
    func argon2() throws {
        // From the tests of the reference implementation, argon2id of version 19.
        let hash = try #require(
            PasswordHash(
                "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"))
        let (right, wrong) = (
            try #require(NormalizedPassword("password")), try #require(NormalizedPassword("Password"))
        )
        #expect(try hash.matches(right))
        #expect(try !hash.matches(wrong))
    }

    @Test("a box opens with its key, for its owner, unchanged, and not otherwise", arguments: 0..<49)
    func box(place: Int) {
        let box = SecretBox(key: Array(0..<32))
        let secret = Array("twenty bytes of text".utf8)
        var sealed = box.seal(secret, owner: "a", nonce: Array(0..<12))
        #expect(sealed.count == 49)
        #expect(box.open(sealed, owner: "a") == secret)
        #expect(box.open(sealed, owner: "b") == nil)
        #expect(SecretBox(key: Array(1..<33)).open(sealed, owner: "a") == nil)
        #expect(box.open(Array(sealed.prefix(place)), owner: "a") == nil)
        sealed[place] ^= 1
        #expect(box.open(sealed, owner: "a") == nil)
    }

    @Test("an attacker holds an IPv4 address or 64 bits of an IPv6 one")
    func networks() {
        #expect(NetworkAddress.key("2001:db8:1:2:3::4") == NetworkAddress.key("2001:db8:1:2::9%eth0"))
        #expect(NetworkAddress.key("2001:db8:1:2::4") != NetworkAddress.key("2001:db8:1:3::4"))
        #expect(NetworkAddress.key("::ffff:192.0.2.7") == NetworkAddress.key("192.0.2.7"))
        #expect(NetworkAddress.key("192.0.2.7") != NetworkAddress.key("192.0.2.8"))
    }

    @Test("a device is named in a few words")
    func devices() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
        #expect(DeviceLabel.label(edge) == "Edge · Windows")
        #expect(DeviceLabel.label("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) MicroMessenger/8.0") == "WeChat · iPhone")
        #expect(DeviceLabel.label("<script>") == "")
    }
}
