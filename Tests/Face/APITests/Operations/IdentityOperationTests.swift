import AuditLog
import Foundation
import HTTPTypes
import HealthCode
import JSON
import Persons
import Records
import Testing

/// `$match`, `$merge`, `$unmerge`, `$resolve-health-code` and the desk of reviews, by who asks.
@Suite("Identity at the door", .serialized)
struct IdentityOperationTests {
    /// The Patient p1 of the house, as somebody else writes it.
    private static func patient(_ id: String, _ name: String = "张三", born: String = "1980-01-01") -> String {
        #"{"resourceType":"Patient"\#(id.isEmpty ? "" : #","id":"\#(id)""#),"identifier":[{"system":"urn:oid:2.16.156.10011.1.3","#
            + #""value":"330106198001010013"}],"name":[{"text":"\#(name)"}],"gender":"male","birthDate":"\#(born)","#
            + #""telecom":[{"system":"phone","value":"13957112233"}]}"#
    }

    private func fill(_ house: GuardedDoor) async throws {
        for id in ["known", "hidden"] {
            let put = try await house.door.send(
                .put, "/fhir/Patient/\(id)", house.program, Array(Self.patient(id).utf8))
            try #require(put.status == 201, "\(put.text)")
        }
        let today = Date().ISO8601Format().prefix(10)
        let visit =
            #"{"resourceType":"Encounter","id":"e-known","status":"finished","class":{"code":"AMB"},"#
            + #""subject":{"reference":"Patient/known"},"serviceProvider":{"reference":"Organization/h1"},"#
            + #""period":{"start":"\#(today)T01:00:00+08:00"}}"#
        let put = try await house.door.send(.put, "/fhir/Encounter/e-known", house.program, Array(visit.utf8))
        try #require(put.status == 201, "\(put.text)")
        await house.door.store.settle()
    }

    private func matched(_ answer: Answer) -> [String] {
        (answer.json["entry"].map { Array($0.elements) } ?? []).compactMap { $0["resource"]?["id"]?.string }
    }

    @Test("match tells a clinician of nobody whom they may not see, and programs of all")
    func matches() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            let body = Array(Self.patient("").utf8)
            let all = try await house.door.send(.post, "/fhir/Patient/$match", house.program, body)
            #expect(all.status == 200, "\(all.text)")
            #expect(Set(matched(all)).isSuperset(of: ["hidden", "known"]))
            let search = all.json["entry"]?[0]?["search"]
            #expect(search?["mode"]?.string == "match")
            #expect((search?["score"]?.double ?? 0) > 0.9)
            #expect(
                search?["extension"]?[0]?["url"]?.string == "http://hl7.org/fhir/StructureDefinition/match-grade")
            let clinician = try await house.pass(.clinician)
            let some = try await house.door.send(.post, "/fhir/Patient/$match", clinician.writing, body)
            #expect(matched(some).first == "known")
            #expect(!some.text.contains("hidden"))
            let resident = try await house.pass(.resident)
            #expect(try await house.door.send(.post, "/fhir/Patient/$match", resident.writing, body).status == 403)
            #expect(try await house.door.send(.post, "/fhir/Patient/$match", [:], body).status == 401)
            let log = try house.log()
            #expect(log.contains { $0.patients.contains("Patient/known") && $0.action == .search })
        }
    }

    @Test("merge and unmerge are for those who may see both, and the log tells")
    func merges() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            func body(_ source: String, _ target: String) -> [UInt8] {
                Array(
                    (#"{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/\#(source)"}},"#
                        + #"{"name":"target-patient","valueReference":{"reference":"Patient/\#(target)"}},"#
                        + #"{"name":"reason","valueString":"same card"}]}"#).utf8)
            }
            let clinician = try await house.pass(.clinician)
            let unseen = try await house.door.send(
                .post, "/fhir/Patient/$merge", clinician.writing, body("known", "hidden"))
            #expect(unseen.status == 404)
            let done = try await house.door.send(
                .post, "/fhir/Patient/$merge", house.program, body("known", "hidden"))
            #expect(done.status == 200, "\(done.text)")
            let visit = try await house.door.send(.get, "/fhir/Encounter?patient=hidden", house.program)
            #expect(visit.text.contains("e-known"))
            // By the old id, however it is asked; clinicians find what they may see.
            for place in [
                "Encounter?patient=known", "Encounter?subject=Patient/known", "Encounter?patient:Patient._id=known",
                "Patient/known/Encounter", "Patient/known/$everything", "Patient?_has:Encounter:patient:_id=e-known",
            ] {
                let found = try await house.door.send(.get, "/fhir/" + place, house.program)
                #expect(found.status == 200 && found.text.contains("hidden"), "\(place): \(found.text)")
            }
            let own = try await house.door.send(.get, "/fhir/Encounter?patient=known", clinician.headers)
            #expect(own.text.contains("e-known"))
            let resident = try await house.pass(.resident)
            let others = try await house.door.send(.get, "/fhir/Encounter?patient=known", resident.headers)
            #expect(!others.text.contains("e-known"))
            let itself = try await house.door.send(.get, "/fhir/Patient?_id=known", house.program)
            #expect(itself.text.contains("replaced-by"))
            let old = try await house.door.send(.get, "/fhir/Patient/known", house.program)
            #expect(old.json["link"]?[0]?["type"]?.string == "replaced-by")
            let back = try await house.door.send(.post, "/fhir/Patient/known/$unmerge", house.program)
            #expect(back.status == 200, "\(back.text)")
            let again = try await house.door.send(.get, "/fhir/Encounter?patient=known", house.program)
            #expect(again.text.contains("e-known"))
            for person in [HousePerson.resident, .manager, .epidemiologist, .system] {
                let pass = try await house.pass(person)
                let refused = try await house.door.send(
                    .post, "/fhir/Patient/$merge", pass.writing, body("known", "hidden"))
                #expect(refused.status == 403, "\(person)")
            }
        }
    }

    @Test("no program joins two valid resident numbers, and after merges upon merges each old id leads to the survivor")
    func keepsNumbersApart() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            func put(_ id: String, _ text: String) async throws {
                let done = try await house.door.send(.put, "/fhir/Patient/\(id)", house.program, Array(text.utf8))
                try #require(done.status == 201, "\(done.text)")
            }
            func merge(_ source: String, _ target: String) async throws -> Answer {
                let body =
                    #"{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/\#(source)"}},"#
                    + #"{"name":"target-patient","valueReference":{"reference":"Patient/\#(target)"}},"#
                    + #"{"name":"reason","valueString":"same card"}]}"#
                return try await house.door.send(.post, "/fhir/Patient/$merge", house.program, Array(body.utf8))
            }
            try await put("twin", Self.patient("twin").replacing("330106198001010013", with: "330106198003072525"))
            try await put("third", Self.patient("third"))
            let refused = try await merge("known", "twin")
            #expect(refused.status == 422, "\(refused.text)")
            #expect(try await merge("known", "hidden").status == 200)
            #expect(try await merge("hidden", "third").status == 200)
            // What was joined counts with its number.
            #expect(try await merge("third", "twin").status == 422)
            for id in ["known", "hidden", "third"] {
                let found = try await house.door.send(.get, "/fhir/Encounter?patient=\(id)", house.program)
                #expect(found.text.contains("e-known") && found.text.contains("Patient/third"), "\(id)")
            }
        }
    }

    @Test("who passes the Patient that shall be needs the right to write it, as by PUT")
    func checksResult() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            let today = Date().ISO8601Format().prefix(10)
            let visit =
                #"{"resourceType":"Encounter","id":"e-hidden","status":"finished","class":{"code":"AMB"},"#
                + #""subject":{"reference":"Patient/hidden"},"serviceProvider":{"reference":"Organization/h1"},"#
                + #""period":{"start":"\#(today)T01:00:00+08:00"}}"#
            let put = try await house.door.send(.put, "/fhir/Encounter/e-hidden", house.program, Array(visit.utf8))
            try #require(put.status == 201, "\(put.text)")
            let clinician = try await house.pass(.clinician)
            func merge(_ result: String) async throws -> Answer {
                let body =
                    #"{"resourceType":"Parameters","parameter":[{"name":"source-patient","valueReference":{"reference":"Patient/known"}},"#
                    + #"{"name":"target-patient","valueReference":{"reference":"Patient/hidden"}},"#
                    + #"{"name":"reason","valueString":"same card"},{"name":"result-patient","resource":\#(result)}]}"#
                return try await house.door.send(.post, "/fhir/Patient/$merge", clinician.writing, Array(body.utf8))
            }
            func result(_ organization: String) -> String {
                #"{"resourceType":"Patient","id":"hidden","managingOrganization":{"reference":"Organization/\#(organization)"}}"#
            }
            // Another institution's Patient is not theirs to write, nor is a resource of another kind.
            let foreign = try await merge(result("h2"))
            let direct = try await house.door.send(
                .put, "/fhir/Patient/hidden", clinician.writing, Array(result("h2").utf8))
            #expect(foreign.status == direct.status && foreign.status >= 400, "\(foreign.text)")
            #expect(try await merge(#"{"resourceType":"Basic","id":"hidden","code":{"text":"x"}}"#).status >= 400)
            #expect(try Persons(house.door.store).survivor(of: "known") == "known")
            let own = try await merge(result("h1"))
            #expect(own.status == 200, "\(own.text)")
            #expect(try Persons(house.door.store).survivor(of: "known") == "hidden")
        }
    }

    @Test("a health code opens the identity to clinicians, and to no resident")
    func resolvesCodes() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            let token = try testHealthCodes().issue(patient: "hidden", now: WallClock.milliseconds()).token
            let body = Array(
                #"{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"\#(token)"}]}"#.utf8)
            let clinician = try await house.pass(.clinician)
            let known = try await house.door.send(
                .post, "/fhir/Patient/$resolve-health-code", clinician.writing, body)
            #expect(known.status == 200, "\(known.text)")
            #expect(known.text.contains("Patient/hidden") && known.text.contains("330106198001010013"))
            #expect(!known.text.contains("13957112233"))
            let resident = try await house.pass(.resident)
            let refused = try await house.door.send(
                .post, "/fhir/Patient/$resolve-health-code", resident.writing, body)
            #expect(refused.status == 403)
            let forged = Array(
                #"{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"\#(token.dropLast(4))AAAA"}]}"#
                    .utf8)
            let bad = try await house.door.send(
                .post, "/fhir/Patient/$resolve-health-code", clinician.writing, forged)
            #expect(bad.status == 422)
            #expect(
                try house.log().contains { $0.patients == ["Patient/hidden"] && $0.reason.hasPrefix("health code") })
        }
    }

    @Test("a health code that was shown before a merge opens who stands for its Patient, and its own again afterwards")
    func resolvesMerged() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            let token = try testHealthCodes().issue(patient: "hidden", now: WallClock.milliseconds()).token
            let body = Array(
                #"{"resourceType":"Parameters","parameter":[{"name":"token","valueString":"\#(token)"}]}"#.utf8)
            let clinician = try await house.pass(.clinician)
            func resolved() async throws -> String? {
                let answer = try await house.door.send(
                    .post, "/fhir/Patient/$resolve-health-code", clinician.writing, body)
                return answer.json["parameter"]?[0]?["valueReference"]?["reference"]?.string
            }
            let persons = try Persons(house.door.store)
            #expect(try await resolved() == "Patient/hidden")
            _ = try await persons.merge(
                MergeRequest(source: "hidden", target: "known", author: "reviewer", reason: "same", isReviewed: true))
            #expect(try await resolved() == "Patient/known")
            _ = try await persons.unmerge("hidden", author: "reviewer")
            #expect(try await resolved() == "Patient/hidden")
        }
    }

    @Test("operators see pairs masked, and others only theirs")
    func reviews() async throws {
        try await withGuardedDoor { house in
            try await fill(house)
            let persons = try Persons(house.door.store)
            try await persons.askReview("known", "hidden", weight: 3)
            let operators = try await house.pass(.system)
            let masked = try await house.door.send(.get, "/identity/reviews", operators.headers)
            #expect(masked.status == 200, "\(masked.text)")
            #expect(masked.text.contains("known") && !masked.text.contains("张三"))
            #expect(!masked.text.contains("330106198001010013"))
            let clinician = try await house.pass(.clinician)
            let none = try await house.door.send(.get, "/identity/reviews", clinician.headers)
            #expect(none.status == 200 && !none.text.contains("known"))
            let id = try #require(try persons.reviews(.open).first?.id)
            let decision = Array(#"{"decision":"different","reason":"spoke to both"}"#.utf8)
            let unseen = try await house.door.send(.post, "/identity/reviews/\(id)", clinician.writing, decision)
            #expect(unseen.status == 404)
            let done = try await house.door.send(.post, "/identity/reviews/\(id)", operators.writing, decision)
            #expect(done.status == 200, "\(done.text)")
            #expect(try persons.review(id)?.state == .different)
            let resident = try await house.pass(.resident)
            #expect(try await house.door.send(.get, "/identity/reviews", resident.headers).status == 403)
        }
    }
}
