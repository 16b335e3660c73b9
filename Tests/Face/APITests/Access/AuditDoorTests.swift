import Accounts
import AuditLog
import Foundation
import Gate
import HTTPTypes
import JSON
import Testing

/// What is told to the audit log, and how it is read, by HTTP.
@Suite("the audit log at the door")
struct AuditDoorTests {
    @Test("has an event of every interaction, with who, why, whose record and which request")
    func everyInteraction() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.clinician)
            var headers = pass.headers
            headers[HTTPField.Name("X-Request-Id")!] = "r-1"
            let before = try house.log().count
            _ = try await house.door.get("/fhir/Patient/p1", headers)
            _ = try await house.door.get("/fhir/Patient/p1/_history/1", headers)
            _ = try await house.door.get("/fhir/Patient/p1/_history", headers)
            _ = try await house.door.get("/fhir/Observation?subject=Patient/p1", headers)
            _ = try await house.door.get("/fhir/Patient/p1/$everything", headers)
            _ = try await house.door.get("/fhir/Patient/p2", headers)
            _ = try await house.door.post(
                "/fhir/Observation",
                #"{"resourceType":"Observation","status":"final","code":{"text":"体温"},"subject":{"reference":"Patient/p1"},"performer":[{"reference":"Organization/h1"}]}"#,
                pass.writing)
            let entries = Array(try house.log().dropFirst(before))
            #expect(Set(entries.map(\.action)).isSuperset(of: [.read, .vread, .history, .search, .operation, .create]))
            let reads = entries.filter { $0.request == "r-1" }
            #expect(reads.allSatisfy { $0.agent.role == "clinician" && $0.agent.organization == "h1-surgery" })
            #expect(reads.allSatisfy { $0.purpose == "TREAT" && !$0.session.isEmpty })
            #expect(reads.filter { $0.outcome == .success }.allSatisfy { $0.patients == ["Patient/p1"] })
            let refused = try #require(entries.first { $0.action == .read && $0.outcome == .refused })
            #expect(refused.reason == "no-care-relation")
            #expect(entries.contains { $0.action == .create && $0.patients == ["Patient/p1"] })
        }
    }

    @Test("has what was sent along to be validated, as an operation")
    func validation() async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(.clinician)
            let before = try house.log().count
            let sent = try await house.door.post(
                "/fhir/Patient/$validate", #"{"resourceType":"Patient","gender":"unknown"}"#, pass.writing)
            #expect(sent.status == 200)
            let entries = try house.log().dropFirst(before)
            #expect(entries.map(\.action) == [.operation])
            #expect(entries.first?.entities == [.query(Array("Patient/$validate".utf8))])
        }
    }

    @Test("that takes nothing lets nobody in, and refuses nobody either: 503")
    func closedLog() async throws {
        try await withGuardedDoor { house async throws in
            let kind: HTTPFields = [.contentType: "application/json"]
            try house.gate.journal.close()
            for password in [HousePerson.password, "wrong"] {
                let body = #"{"login":"clinician","password":"\#(password)"}"#
                let answer = try await house.door.send(.post, "/session", kind, Array(body.utf8))
                #expect(answer.status == 503 && answer.headers[.setCookie] == nil, "\(answer.text)")
            }
            let account = try house.gate.accounts.account(login: "clinician")
            #expect(try house.gate.accounts.sessions(of: account.id).isEmpty)
        }
    }

    @Test("has sign-ins, failed ones, and changes of accounts")
    func signIns() async throws {
        try await withGuardedDoor { house async throws in
            _ = try await house.pass(.resident)
            let wrong = try await house.door.send(
                .post, "/session", [.contentType: "application/json"],
                Array(#"{"login":"resident","password":"x"}"#.utf8))
            #expect(wrong.status == 401)
            #expect(
                try await house.door.send(.post, "/session", [.contentType: "text/plain"], Array("{}".utf8)).status
                    == 415)
            let actions = try house.log().map(\.action)
            #expect(actions.contains(.signIn) && actions.contains(.signInFailed) && actions.contains(.configuration))
            #expect(actions.first == .start)
        }
    }

    @Test("shows residents who has looked at their record, and nobody else's")
    func own() async throws {
        try await withGuardedDoor { house async throws in
            _ = try await house.door.get("/fhir/Patient/p1", house.pass(.clinician).headers)
            _ = try await house.door.get("/fhir/Patient?_count=10", house.program)
            try house.gate.journal.drain()
            let pass = try await house.pass(.resident)
            let page = try await house.door.get("/fhir/AuditEvent?patient=Patient/p1", pass.headers)
            #expect(page.status == 200)
            let read = try #require(
                page.json["entry"]?.elements.map { $0["resource"] }.first { event in
                    event?["subtype"]?[0]?["code"]?.equals("read") == true
                } ?? nil)
            #expect(
                read["agent"]?.elements.contains { $0["who"]?["reference"]?.equals("Practitioner/d1") == true } == true)
            #expect(!page.text.contains("Patient/p2"))
            let id = try #require(page.json["entry"]?[0]?["resource"]?["id"]?.string)
            #expect(try await house.door.get("/fhir/AuditEvent/\(id)", pass.headers).status == 200)
            #expect(try await house.door.get("/fhir/AuditEvent/\(id)", house.pass(.parent).headers).status == 404)
            let others = try await house.door.get("/fhir/AuditEvent?patient=Patient/p2", pass.headers)
            #expect(others.status == 200 && others.references.isEmpty)
            #expect(try await house.door.get("/fhir/Patient/p1/AuditEvent", pass.headers).references.isEmpty == false)
        }
    }

    @Test(
        "is read by the audit duty alone", arguments: HousePerson.allCases.filter { $0 != .resident && $0 != .parent })
    func duties(_ person: HousePerson) async throws {
        try await withGuardedDoor { house async throws in
            let pass = try await house.pass(person)
            let may = person == .audit || person == .everything
            #expect(try await house.door.get("/fhir/AuditEvent", pass.headers).status == (may ? 200 : 403))
            #expect(
                try await house.door.get("/fhir/AuditEvent/0", pass.headers).status
                    == (may ? 200 : person == .nobody ? 403 : 404))
            let event =
                #"{"resourceType":"AuditEvent","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}"#
            #expect(try await house.door.post("/fhir/AuditEvent", event, pass.writing).status == 403)
            guard may else { return }
            #expect(try house.log().contains { $0.action == .auditRead })
        }
    }

    @Test("is searched by patient, agent, date, outcome and type, page by page")
    func search() async throws {
        try await withGuardedDoor { house async throws in
            let clinician = try await house.pass(.clinician)
            for _ in 0..<7 { _ = try await house.door.get("/fhir/Patient/p1", clinician.headers) }
            _ = try await house.door.get("/fhir/Patient/p2", clinician.headers)
            try house.gate.journal.drain()
            let pass = try await house.pass(.audit)
            func count(_ query: String) async throws -> Int {
                try await house.door.get("/fhir/AuditEvent?\(query)&_count=1000", pass.headers).references.count
            }
            #expect(try await count("patient=Patient/p1&subtype=read") == 7)
            #expect(try await count("outcome=4&subtype=read") == 1)
            #expect(try await count("agent=Practitioner/d1&subtype=read") >= 0)
            #expect(try await count("type=110100") == 1)
            #expect(try await count("date=lt2020-01-01") == 0)
            #expect(try await count("date=ge2020-01-01&subtype=read") == 8)
            var uri: String? = "/fhir/AuditEvent?subtype=read&_count=3"
            var found: [String] = []
            while let next = uri {
                let page = try await house.door.get(next, pass.headers)
                #expect(page.references.count <= 3)
                found += page.references
                uri = page.link("next")
            }
            #expect(found.count == 8 && Set(found).count == 8)
            #expect(try await house.door.get("/fhir/AuditEvent?_cursor=x", pass.headers).status == 400)
            #expect(try await house.door.get("/fhir/AuditEvent?name=x", pass.headers).status == 400)
        }
    }

    @Test("proves to whoever is signed in that entries are in the log, and that it only grows")
    func proofs() async throws {
        try await withGuardedDoor { house async throws in
            let old = try house.log().count
            _ = try await house.door.get("/fhir/Patient/p1", house.pass(.clinician).headers)
            let size = try house.log().count
            let pass = try await house.pass(.audit)
            #expect(try await house.door.get("/audit/checkpoint", pass.headers).status == 404)
            let proof = try await house.door.get("/audit/inclusion?index=\(old)&size=\(size)", pass.headers)
            func bytes(_ node: JSONNode?) -> [UInt8] {
                node?.string.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
            }
            let path = proof.json["path"]?.elements.map { bytes($0) } ?? []
            #expect(
                MerkleVerifier.includes(
                    leaf: bytes(proof.json["leafHash"]), at: Int64(old), size: Int64(size),
                    root: bytes(proof.json["rootHash"]), path: path))
            #expect(MerkleHasher().leaf(bytes(proof.json["entry"])).bytes == bytes(proof.json["leafHash"]))
            let grown = try await house.door.get("/audit/consistency?first=\(old)&second=\(size)", pass.headers)
            #expect(
                MerkleVerifier.isConsistent(
                    (Int64(old), bytes(grown.json["firstHash"])), (Int64(size), bytes(grown.json["secondHash"])),
                    path: grown.json["path"]?.elements.map { bytes($0) } ?? []))
            let resident = try await house.pass(.resident)
            let other = try await house.door.get("/audit/inclusion?index=\(old)&size=\(size)", resident.headers)
            #expect(other.status == 200 && other.json["entry"] == nil)
            #expect(try await house.door.get("/audit/inclusion?index=9999&size=10000", resident.headers).status == 404)
            #expect(try await house.door.get("/audit/inclusion?index=x", resident.headers).status == 400)
        }
    }
}
