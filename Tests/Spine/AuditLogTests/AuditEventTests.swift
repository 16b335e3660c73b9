import AuditLog
import FHIR
import Foundation
import JSON
import Testing
import Validation

/// Checks: https://hl7.org/fhir/R4/auditevent.html and https://profiles.ihe.net/ITI/BALP/
@Suite("Entries as AuditEvents")
struct AuditEventTests {
    private let writer = AuditEventWriter(site: "city", address: "https://city.example/fhir")
    private static let validator = Result { try ResourceValidator(definitions: .r4()) }

    private func events(_ entry: AuditEntry, index: Int64 = 5) throws -> [[String: Any]] {
        try writer.resources(of: AuditTrail.Placed(index: index, entry: entry)).map { bytes in
            let issues = try Self.validator.get().validate(JSONDocument(parsing: bytes))
            // BALP's profiles are not part of R4's tables; the tests below hold the events to them.
            let faults = issues.map(\.diagnostics).filter { !$0.contains("is not known here") }
            #expect(faults == [], "\(String(decoding: bytes, as: UTF8.self))")
            return try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        }
    }

    @Test("are valid, whatever they tell", arguments: 0..<200 as Range<UInt64>)
    func valid(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        let entry = Entries.random(&generator)
        #expect(try events(entry).count == max(1, entry.patients.count))
    }

    private func codes(_ value: Any?) -> [String] {
        let items = value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] } ?? []
        return items.flatMap { item -> [String] in
            if let codings = item["coding"] { return codes(codings) }
            if let type = item["type"] { return codes(type) }
            return (item["code"] as? String).map { [$0] } ?? []
        }
    }

    @Test(
        "keep the patterns of BALP",
        arguments: [
            (AuditAction.read, "Read", "R", ["110152", "110153", "IRCP"]),
            (.vread, "Read", "R", ["110152", "110153", "IRCP"]),
            (.create, "Create", "C", ["110153", "110152", "AUT"]),
            (.update, "Update", "U", ["110153", "110152", "AUT"]),
            (.patch, "Update", "U", ["110153", "110152", "AUT"]),
            (.delete, "Delete", "D", ["110150", "custodian", "AUT"]),
            (.search, "Query", "E", ["110153", "110152", "IRCP"]),
        ])
    func patterns(action: AuditAction, profile: String, letter: String, agents: [String]) throws {
        let query = Array("GET /fhir/Patient?name=王".utf8)
        var entry = AuditEntry(
            at: 1_700_000_000_123, action: action,
            agent: AuditAgent(account: "a1", person: "Practitioner/9", role: "clinician", client: "app"),
            network: "10.1.2.3", purpose: "TREAT", request: "r-1",
            entities: [action == .search ? .query(query) : .resource("Observation/2", version: "3")])
        for patient in [nil, "Patient/1"] {
            entry.patients = patient.map { [$0] } ?? []
            let event = try #require(try events(entry).first)
            #expect(event["id"] as? String == "5")
            #expect(event["recorded"] as? String == "2023-11-14T22:13:20.123Z")
            #expect(event["action"] as? String == letter)
            #expect(codes(event["type"]) == ["rest"])
            #expect(codes(event["subtype"]) == [action == .search ? "search" : "\(action)"])
            let profiles = (event["meta"] as? [String: Any])?["profile"] as? [String]
            let name = (patient == nil ? "" : "Patient") + profile
            #expect(profiles == ["https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.\(name)"])
            #expect(codes(event["agent"]) == agents)
            #expect(codes(event["entity"]) == ["2"] + (patient == nil ? [] : ["1"]) + ["XrequestId"])
            let entities = try #require(event["entity"] as? [[String: Any]])
            if action == .search {
                #expect(entities[0]["query"] as? String == Data(query).base64EncodedString())
                #expect(entities[0]["what"] == nil)
            } else {
                let what = entities[0]["what"] as? [String: Any]
                #expect(what?["reference"] as? String == "Observation/2/_history/3")
            }
        }
        entry.outcome = .refused
        #expect(try events(entry).first?["meta"] == nil)
        // One event for each patient.
        entry.outcome = .success
        entry.patients = ["Patient/1", "Patient/2"]
        #expect(try events(entry).map { $0["id"] as? String } == ["5-1", "5-2"])
    }
}
