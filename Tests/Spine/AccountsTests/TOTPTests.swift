import Accounts
import Foundation
import Testing

/// RFC 6238 appendix B and RFC 4226 appendix D.
@Suite struct TOTPTests {
    private static func secret(_ length: Int) -> [UInt8] {
        (0..<length).map { UInt8(0x30 + ($0 + 1) % 10) }
    }

    private static let secrets: [TOTP.Algorithm: [UInt8]] = [
        .sha1: secret(20), .sha256: secret(32), .sha512: secret(64),
    ]

    @Test(
        "gives every code of RFC 6238",
        arguments: [
            (59, "94287082", "46119246", "90693936"), (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"), (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"), (20_000_000_000, "65353130", "77737706", "47863826"),
        ])
    func vectors(seconds: Int64, sha1: String, sha256: String, sha512: String) {
        for (algorithm, code) in [(TOTP.Algorithm.sha1, sha1), (.sha256, sha256), (.sha512, sha512)] {
            let totp = TOTP(secret: Self.secrets[algorithm] ?? [], algorithm: algorithm, digits: 8)
            #expect(totp.code(step: totp.step(at: seconds * 1_000)) == code)
        }
    }

    @Test(
        "gives every code of RFC 4226",
        arguments: zip(
            0..<10 as Range<Int64>,
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]))
    func hotp(step: Int64, code: String) {
        #expect(TOTP(secret: Self.secret(20)).code(step: step) == code)
    }

    @Test("takes the codes of one step around now and no others", arguments: -4...4 as ClosedRange<Int64>)
    func window(offset: Int64) {
        let totp = TOTP(secret: Self.secret(20))
        let now: Int64 = 1_767_225_615_000
        let step = totp.step(at: now) + offset
        let found = totp.step(of: totp.code(step: step), at: now, after: nil)
        #expect(found == ((-1...1).contains(offset) ? step : nil))
    }

    @Test("takes no step twice, nor an earlier one")
    func replay() {
        let totp = TOTP(secret: Self.secret(20))
        let now: Int64 = 1_767_225_615_000
        let step = totp.step(at: now)
        #expect(totp.step(of: totp.code(step: step), at: now, after: step) == nil)
        #expect(totp.step(of: totp.code(step: step - 1), at: now, after: step) == nil)
        #expect(totp.step(of: totp.code(step: step + 1), at: now, after: step) == step + 1)
    }

    @Test("is no code", arguments: ["", "1", "12345", "1234567", "abcdef", "７５５２２４", "755224\u{0}", "-55224"])
    func wrong(code: String) {
        #expect(TOTP(secret: Self.secret(20)).step(of: code, at: 0, after: nil) == nil)
    }

    @Test("puts names of every script into the address")
    func uri() {
        let uri = TOTP(secret: Self.secret(20)).uri(issuer: "健康 A", account: "张三")
        #expect(
            uri == "otpauth://totp/%E5%81%A5%E5%BA%B7%20A:%E5%BC%A0%E4%B8%89?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=%E5%81%A5%E5%BA%B7%20A&algorithm=SHA1&digits=6&period=30")
        #expect(URL(string: uri) != nil)
    }
}
