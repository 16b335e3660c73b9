import AuditLog
import Foundation
import HTTPTypes
import HealthCode
import JSON
import Persons
import Records
import Testing

/// `/my/code` and `/identity`, by who looks.
@Suite("The health code and the desk of reviews", .serialized)
struct IdentityPagesTests {
    @Test("a resident shows the own code and that of a young child, and nobody else's")
    func healthCode() async throws {
        try await withHouse(hasIdentity: true) { house, browser in
            let grandma = browser()
            try await grandma.signIn("grandma")
            let own = try await grandma.open("/my/code")
            #expect(own.status == .ok && own.text.contains("<svg") && own.text.contains("王秀英"))
            let child = try await grandma.open("/my/code?patient=p3")
            #expect(child.status == .ok && child.text.contains("王小宝"))
            #expect(try await grandma.open("/my/code?patient=p2").status == .notFound)
            #expect(try house.log().contains { $0.patients == ["Patient/p3"] && $0.action == .operation })
            let doctor = browser()
            try await doctor.signIn("doctor")
            #expect(try await doctor.open("/my/code").status != .ok)
        }
    }

    @Test("whoever asks gets the keys, and no code is made with others")
    func keys() async throws {
        try await withHouse(hasIdentity: true) { house, browser in
            let keys = try await browser().open("/.well-known/health-code-keys.json")
            #expect(keys.status == .ok)
            let set = try JSONDocument(parsing: Array(keys.text.utf8)).root["keys"]
            #expect(set?.count == 3)
            let desk = try #require(house.healthCodes)
            let code = desk.issue(patient: "p1", now: house.now)
            let verifier = try HealthCodeVerifier(keySet: Array(keys.text.utf8))
            #expect(throws: Never.self) { try verifier.verify(code.token, now: house.now / 1000) }
            #expect(throws: (any Error).self) {
                try verifier.verify(code.token, now: house.now / 1000 + 60 + HealthCodeVerifier.clockSeconds)
            }
        }
    }

    @Test("a clinician decides about a pair that the institution sees, with a reason, once")
    func decides() async throws {
        try await withHouse(hasIdentity: true) { house, browser in
            let persons = try #require(house.persons)
            try await house.store.put(
                Sample.encounter("e9", patient: "p2", organization: "o1", start: "2026-11-20T08:30:00+08:00"))
            await house.store.settle()
            try await persons.askReview("p1", "p2", weight: 3)
            try await persons.askReview("p1", "p3", weight: 2)
            let doctor = browser()
            try await doctor.signIn("doctor")
            let list = try await doctor.open("/identity")
            #expect(list.status == .ok && list.text.contains("李雷"))
            let id = try #require(try persons.reviews(.open).first { $0.other == "p2" }?.id)
            let page = try await doctor.open("/identity/\(id)")
            #expect(page.status == .ok && page.text.contains("王秀英") && page.text.contains("accesskey=\"1\""))
            let refused = try await doctor.post("/identity/\(id)", ["decision": "different", "reason": ""])
            #expect(refused.status == .unprocessableContent)
            try await doctor.open("/identity/\(id)")
            _ = try await doctor.post("/identity/\(id)", ["decision": "different", "reason": "spoke to both"])
            #expect(try persons.review(id)?.state == .different)
            try await doctor.open("/identity/\(id)")
            let again = try await doctor.post("/identity/\(id)", ["decision": "same", "reason": "changed mind"])
            #expect(again.status != .seeOther)
            #expect(try persons.survivor(of: "p2") == "p2")
        }
    }

    @Test("residents do not see the desk")
    func isClosed() async throws {
        try await withHouse(hasIdentity: true) { house, browser in
            try await house.persons?.askReview("p1", "p2", weight: 3)
            let grandma = browser()
            try await grandma.signIn("grandma")
            #expect(try await grandma.open("/identity").status == .forbidden)
            #expect(try await grandma.open("/identity/1").status != .ok)
        }
    }
}
