import Access
import AuditLog
import Export
import FHIR
import Foundation
import Gate
import HTTPTypes
import JSON
import Records
import Testing

/// Bulk exports by HTTP: <https://hl7.org/fhir/uv/bulkdata/STU2/export.html>
@Suite("bulk exports")
struct ExportDoorTests {
    static let prefer = HTTPField.Name("Prefer")!

    static func asking(_ headers: HTTPFields) -> HTTPFields {
        var asking = headers
        asking[prefer] = "respond-async"
        return asking
    }

    /// Starts an export, and gives the path where it is asked for.
    static func start(_ door: TestDoor, _ uri: String, _ headers: HTTPFields = [:]) async throws -> String {
        let answer = try await door.get(uri, asking(headers))
        try #require(answer.status == 202, "\(answer.text)")
        let place = try #require(answer.headers[.contentLocation])
        return String(place[try #require(place.range(of: "/fhir/_export/")).lowerBound...])
    }

    /// The manifest once it is there.
    static func manifest(_ door: TestDoor, _ path: String, _ headers: HTTPFields = [:]) async throws -> Answer {
        while true {
            let answer = try await door.get(path, headers)
            if answer.status != 202 { return answer }
            #expect(answer.headers[HTTPField.Name("X-Progress")!] != nil && answer.headers[.retryAfter] == "5")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The references of all lines of an export.
    static func references(_ door: TestDoor, _ path: String, _ headers: HTTPFields = [:]) async throws -> Set<String> {
        let manifest = try await manifest(door, path, headers)
        try #require(manifest.status == 200, "\(manifest.text)")
        var found: Set<String> = []
        for output in manifest.json["output"].map({ Array($0.elements) }) ?? [] {
            let url = try #require(output["url"]?.string)
            var accepting = headers
            accepting[.accept] = "application/fhir+ndjson"
            let file = try await door.get(
                String(url[try #require(url.range(of: "/fhir/_export/")).lowerBound...]), accepting)
            try #require(file.status == 200, "\(file.text)")
            #expect(file.headers[.contentType] == "application/fhir+ndjson")
            let lines = file.text.split(separator: "\n")
            #expect(lines.count == output["count"]?.integer)
            for line in lines {
                let root = try JSONDocument(parsing: Array(line.utf8)).root
                #expect(root["resourceType"]?.string == output["type"]?.string)
                found.insert("\(root["resourceType"]?.string ?? "")/\(root["id"]?.string ?? "")")
            }
        }
        return found
    }

    // MARK: An open house

    @Test("are started, followed, fetched and removed in an open house")
    func open() async throws {
        try await withDoor(hasExports: true) { door async throws in
            for id in ["a", "b"] { _ = try await door.put("/fhir/Patient/\(id)", patient(id)) }
            _ = try await door.put("/fhir/Basic/x", #"{"resourceType":"Basic","id":"x","code":{"text":"x"}}"#)
            let path = try await Self.start(door, "/fhir/$export?_outputFormat=ndjson")
            let manifest = try await Self.manifest(door, path)
            #expect(manifest.status == 200)
            #expect(manifest.headers[.contentType]?.hasPrefix("application/json") == true)
            #expect(manifest.headers[.expires] != nil)
            #expect(manifest.json["requiresAccessToken"]?.bool == false)
            #expect(manifest.json["request"]?.string?.hasSuffix("/fhir/$export?_outputFormat=ndjson") == true)
            #expect(manifest.json["error"]?.count == 0)
            #expect(manifest.json["transactionTime"]?.string.flatMap { FHIRDateTime($0) } != nil)
            #expect(try await Self.references(door, path) == ["Patient/a", "Patient/b", "Basic/x"])
            #expect(try await door.get(path + "/job.json").status == 404)
            #expect(try await door.get(path + "/..%2F..%2Fhealthbrain.db").status == 400)
            #expect(try await door.head(path + "/Patient.1.ndjson").status == 200)
            #expect(try await door.delete(path).status == 202)
            #expect(try await door.get(path).status == 404)
            #expect(try await door.get(path + "/Patient.1.ndjson").status == 404)
        }
    }

    @Test("of patients leave out what is about nobody, and by POST take a list of patients")
    func patients() async throws {
        try await withDoor(hasExports: true) { door async throws in
            for id in ["a", "b", "c"] { _ = try await door.put("/fhir/Patient/\(id)", patient(id)) }
            _ = try await door.put("/fhir/Organization/o", #"{"resourceType":"Organization","id":"o","name":"x"}"#)
            let group =
                #"{"resourceType":"Group","id":"g","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/a"}},{"entity":{"reference":"Patient/b"},"inactive":true}]}"#
            _ = try await door.put("/fhir/Group/g", group)
            let all = try await Self.references(door, Self.start(door, "/fhir/Patient/$export"))
            #expect(all == ["Patient/a", "Patient/b", "Patient/c", "Group/g"])
            let members = try await Self.references(door, Self.start(door, "/fhir/Group/g/$export?_type=Patient"))
            #expect(members == ["Patient/a"])
            let body =
                #"{"resourceType":"Parameters","parameter":[{"name":"patient","valueReference":{"reference":"Patient/c"}},{"name":"_type","valueString":"Patient"}]}"#
            let answer = try await door.post("/fhir/Patient/$export", body, Self.asking([:]))
            #expect(answer.status == 202)
            let place = try #require(answer.headers[.contentLocation])
            let path = String(place[try #require(place.range(of: "/fhir/_export/")).lowerBound...])
            #expect(try await Self.references(door, path) == ["Patient/c"])
        }
    }

    @Test(
        "are refused with words when they are asked for wrongly",
        arguments: [
            ("/fhir/$export?_outputFormat=parquet", 400), ("/fhir/$export?_type=Nonsense", 400),
            ("/fhir/$export?_since=yesterday", 400), ("/fhir/$export?_typeFilter=Patient%3Fgender%3Dmale", 400),
            ("/fhir/Patient/$export?_type=Organization", 400), ("/fhir/Group/none/$export", 404),
            ("/fhir/Patient/$export?patient=Patient/1", 400), ("/fhir/$export?_purpose=NONSENSE", 400),
            ("/fhir/$export?_purpose=HRESCH&_since=2026-01-01", 400), ("/fhir/Observation/$export", 404),
        ])
    func wrong(_ uri: String, _ status: Int) async throws {
        try await withDoor(hasExports: true) { door async throws in
            let answer = try await door.get(uri, Self.asking([:]))
            #expect(answer.status == status && answer.issueCode != nil, "\(answer.text)")
            #expect(try await door.get("/fhir/$export").status == 400)
        }
    }

    @Test("are told in the CapabilityStatement where there is a folder for them, and nowhere else")
    func statement() async throws {
        try await withDoor(hasExports: true) { door async throws in
            let statement = try await door.get("/fhir/metadata").text
            #expect(statement.contains("uv/bulkdata/OperationDefinition/group-export"))
            #expect(statement.contains("uv/bulkdata/CapabilityStatement/bulk-data"))
        }
        try await withDoor { door async throws in
            #expect(try await !door.get("/fhir/metadata").text.contains("bulkdata"))
            #expect(try await door.get("/fhir/$export", Self.asking([:])).status == 501)
        }
    }

    // MARK: A guarded house

    @Test("give a program what its institution may see, the house all, and residents their own")
    func guarded() async throws {
        let verifier = Programs()
        try await withGuardedDoor(verifier: verifier, hasExports: true) { house async throws in
            let all = try await Self.references(
                house.door, Self.start(house.door, "/fhir/$export", house.program), house.program)
            #expect(all.isSuperset(of: ["Patient/p1", "Patient/p2", "Condition/hiv1", "Organization/h1"]))
            let h1: HTTPFields = [.authorization: "Bearer h1"]
            let own = try await Self.references(
                house.door, Self.start(house.door, "/fhir/Patient/$export", h1), h1)
            // One of them has HIV, for which the program has no grant.
            #expect(own == ["Patient/p1", "Observation/o1", "Encounter/e-p1", "Condition/measles1"])
            let narrow: HTTPFields = [.authorization: "Bearer narrow"]
            let few = try await Self.references(house.door, Self.start(house.door, "/fhir/$export", narrow), narrow)
            #expect(few == ["Observation/o1"])
            #expect(try await house.door.get("/fhir/$export?_type=Patient", Self.asking(narrow)).status == 403)
            let pass = try await house.pass(.resident)
            let mine = try await Self.references(
                house.door, Self.start(house.door, "/fhir/Patient/$export", pass.headers), pass.headers)
            #expect(mine == ["Patient/p1", "Observation/o1", "Encounter/e-p1", "Condition/hiv1", "Condition/measles1"])
            #expect(try await house.door.get("/fhir/$export", Self.asking(pass.headers)).status == 403)
        }
    }

    @Test(
        "are refused to whoever may not export, each refusal noted",
        arguments: [HousePerson.clinician, .granted, .epidemiologist, .manager, .system, .security, .audit])
    func refused(_ person: HousePerson) async throws {
        try await withGuardedDoor(hasExports: true) { house async throws in
            let pass = try await house.pass(person)
            for uri in ["/fhir/$export", "/fhir/Patient/$export", "/fhir/$export?_purpose=HRESCH"] {
                let answer = try await house.door.get(uri, Self.asking(pass.headers))
                #expect(answer.status == 403, "\(uri) \(answer.text)")
            }
            let noted = try house.log().filter { $0.action == .export }
            #expect(noted.count == 3 && noted.allSatisfy { $0.outcome == .refused && !$0.reason.isEmpty })
            #expect(noted.last?.reason == "export-not-approved")
        }
    }

    @Test("are seen by nobody but their owner, and by a token that may still have them")
    func owner() async throws {
        let verifier = Programs()
        try await withGuardedDoor(verifier: verifier, hasExports: true) { house async throws in
            let h1: HTTPFields = [.authorization: "Bearer h1"]
            let path = try await Self.start(house.door, "/fhir/Patient/$export", h1)
            _ = try await Self.manifest(house.door, path, h1)
            let pass = try await house.pass(.resident)
            for other in [house.program, pass.headers, [.authorization: "Bearer narrow"]] {
                #expect(try await house.door.get(path, other).status == 404)
                #expect(try await house.door.get(path + "/Patient.1.ndjson", other).status == 404)
            }
            #expect(try await house.door.get(path).status == 401)
            #expect(try await house.door.delete(path, pass.headers).status == 403)
            #expect(try await house.door.delete(path, pass.writing).status == 404)
            // Another token of the same program, without the scope.
            let less: HTTPFields = [.authorization: "Bearer h1-less"]
            #expect(try await house.door.get(path, less).status == 200)
            #expect(try await house.door.get(path + "/Patient.1.ndjson", less).status == 403)
            #expect(try await house.door.get(path + "/Patient.1.ndjson", h1).status == 200)
            #expect(try await house.door.delete(path, h1).status == 202)
        }
    }

    @Test("are in the audit log: the start, the end, and each file with whose records left in it")
    func audited() async throws {
        try await withGuardedDoor(hasExports: true) { house async throws in
            let path = try await Self.start(house.door, "/fhir/Patient/$export?_type=Observation", house.program)
            _ = try await Self.references(house.door, path, house.program)
            let events = try house.log().filter { $0.action == .export }
            #expect(events.count == 3)
            #expect(events.allSatisfy { $0.outcome == .success && $0.agent.client == "healthbrain" })
            #expect(events[0].entities == [.query(Array("Patient/$export?_type=Observation".utf8))])
            #expect(events[1].reason.hasPrefix("complete: 3 resources"))
            #expect(events[2].patients.sorted() == ["Patient/p1", "Patient/p2", "Patient/p4"])
            let pass = try await house.pass(.resident)
            let seen = try await house.door.get("/fhir/AuditEvent?patient=Patient/p1", pass.headers)
            #expect(seen.text.contains("110106"))
        }
    }

    // MARK: Copies for research

    static func sign(
        _ house: GuardedDoor, _ person: HousePerson, applicant: String = "epidemiologist", _ more: String = ""
    ) async throws -> Answer {
        let body = """
            {"resourceType":"Parameters","parameter":[{"name":"id","valueString":"study-1"},\
            {"name":"applicant","valueString":"\(applicant)"},{"name":"study","valueString":"麻疹研究 measles"},\
            {"name":"type","valueString":"Observation"},{"name":"until","valueString":"2099-01-01"}\(more)]}
            """
        return try await house.door.post("/fhir/$approve-export", body, try await house.pass(person).writing)
    }

    @Test("for research need the signatures of a manager and of a security officer, who are not the applicant")
    func approvals() async throws {
        try await withGuardedDoor(hasExports: true) { house async throws in
            let pass = try await house.pass(.epidemiologist)
            let uri = "/fhir/$export?_purpose=HRESCH"
            for person in [HousePerson.resident, .clinician, .epidemiologist, .system, .audit] {
                #expect(try await Self.sign(house, person).status == 403)
            }
            #expect(try await Self.sign(house, .manager).text.contains("signed once"))
            #expect(try await house.door.get(uri, Self.asking(pass.headers)).status == 403)
            let other = try await Self.sign(house, .security, #",{"name":"k","valueString":"9"}"#)
            #expect(other.status == 409)
            #expect(try await Self.sign(house, .security, #",{"name":"k","valueString":"4"}"#).status == 400)
            #expect(try await Self.sign(house, .security).text.contains("approved"))
            #expect(try await Self.sign(house, .manager, applicant: "manager").status == 403)
            // Only what was approved, and only for the applicant.
            #expect(try await house.door.get(uri + "&_type=Condition", Self.asking(pass.headers)).status == 403)
            let clinician = try await house.pass(.clinician)
            #expect(try await house.door.get(uri, Self.asking(clinician.headers)).status == 403)
            let path = try await Self.start(house.door, uri, pass.headers)
            let manifest = try await Self.manifest(house.door, path, pass.headers)
            #expect(manifest.status == 200)
            // Four people are too few for anybody to be in the copy.
            #expect(manifest.json["output"]?.count == 0)
            let report = try await house.door.get(path + "/report.json", pass.headers)
            #expect(report.json["approval"]?.string == "study-1" && report.json["persons"]?["suppressed"]?.integer == 4)
            let start = try #require(try house.log().last { $0.reason.hasPrefix("approval study-1") })
            #expect(start.purpose == "HRESCH" && start.reason.hasSuffix("麻疹研究 measles"))
            #expect(start.reason.contains("data owner ") && start.reason.contains("security officer "))
            #expect(try house.log().contains { $0.reason.hasPrefix("complete: research study-1: 0 of 4 persons") })
            #expect(try house.log().filter { $0.reason.hasPrefix("approve export study-1") }.count == 2)
            // What is taken back ends at once.
            #expect(
                try await Self.sign(house, .manager, #",{"name":"withdraw","valueBoolean":true}"#).text
                    .contains("withdrawn"))
            #expect(try await house.door.get(path + "/report.json", pass.headers).status == 403)
            #expect(try await house.door.get(uri, Self.asking(pass.headers)).status == 403)
        }
    }
}

/// Programs with tokens of their own.
struct Programs: TokenVerifier {
    func grant(of token: String) async throws -> TokenGrant? {
        let labels = LabelReader(try Definitions.r4())
        func program(_ client: String, _ scopes: String) throws -> TokenGrant {
            TokenGrant(
                client: client, holder: .program(ProgramRights(organization: "h1")),
                scopes: try Scopes(scopes, labels))
        }
        switch token {
        case "h1": return try program("h1", "system/*.rs")
        case "h1-less": return try program("h1", "system/Encounter.rs")
        case "narrow": return try program("narrow", "system/Observation.rs")
        default: return nil
        }
    }
}
