import Accounts
import HealthCode
import Testing

/// Health codes, made and verified.
struct HealthCodeTests {
    private static let now: Int64 = 1_767_225_600_000

    private func desk(_ first: UInt8 = 0, issuer: String = "https://city.example") throws -> HealthCodeDesk {
        HealthCodeDesk(key: try ServerKey([first] + Array(1..<32)), options: .init(issuer: issuer))
    }

    @Test("is verified offline by the published keys, and resolved by the house alone")
    func roundTrip() throws {
        let desk = try desk()
        // Long, so that it can't stand in what is random by chance.
        let patient = "patient-0000000001"
        let code = desk.issue(patient: patient, now: Self.now)
        let claims = try HealthCodeVerifier(keySet: desk.keySet(now: Self.now)).verify(code.token, now: Self.now / 1000)
        #expect(claims.issuer == "https://city.example")
        #expect(claims.expires - claims.notBefore == 60)
        #expect(!code.token.contains(patient) && !claims.subject.contains(patient))
        #expect(try desk.resolve(code.token, now: Self.now).patient == patient)
        #expect(try self.desk(0).resolve(code.token, now: Self.now).patient == patient)
        #expect(throws: HealthCodeFault.self) { try self.desk(7).resolve(code.token, now: Self.now) }
        #expect(throws: HealthCodeFault.unreadablePerson) {
            try self.desk(0, issuer: "https://other.example").resolve(code.token, now: Self.now)
        }
    }

    @Test("no two codes of a person are alike")
    func isUnlinkable() throws {
        let desk = try desk()
        let verifier = try HealthCodeVerifier(keySet: desk.keySet(now: Self.now))
        let subjects = try (0..<50).map { _ in
            try verifier.verify(desk.issue(patient: "p1", now: Self.now).token, now: Self.now / 1000).subject
        }
        #expect(Set(subjects).count == 50)
    }

    @Test(
        "is over after a minute",
        arguments: [(-11, false), (0, true), (59, true), (69, true), (70, false), (9000, false)])
    func expires(_ seconds: Int64, _ isGood: Bool) throws {
        let desk = try desk()
        let token = desk.issue(patient: "p1", now: Self.now).token
        let later = Self.now + seconds * 1000
        #expect((try? desk.resolve(token, now: later).patient == "p1") ?? false == isGood)
    }

    @Test("any altered byte spoils it")
    func isSigned() throws {
        let desk = try desk()
        let token = Array(desk.issue(patient: "p1", now: Self.now).token.utf8)
        for place in token.indices {
            var other = token
            other[place] = other[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let text = String(decoding: other, as: UTF8.self)
            // The last character of a part may hold bits that stand for nothing.
            let resolved = try? desk.resolve(text, now: Self.now).patient
            #expect(resolved == nil || place == token.count - 1, "place \(place)")
        }
    }

    @Test("a key set of a month ago verifies the codes of today")
    func rotates() throws {
        let desk = try desk()
        let month: Int64 = 30 * 86_400_000
        let old = try HealthCodeVerifier(keySet: desk.keySet(now: Self.now))
        #expect(
            (try? old.verify(desk.issue(patient: "p1", now: Self.now + month).token, now: (Self.now + month) / 1000))
                != nil)
        let later = Self.now + 3 * month
        #expect(throws: HealthCodeFault.self) {
            try old.verify(desk.issue(patient: "p1", now: later).token, now: later / 1000)
        }
    }

    @Test("what is no code is refused", arguments: ["", ".", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "健康码"])
    func refuses(_ text: String) throws {
        let desk = try desk()
        #expect(throws: HealthCodeFault.malformed) { try desk.resolve(text, now: Self.now) }
    }
}
