import Foundation
import Highway
import JSON
import Records
import SQL
import Synchronization
import Testing

@Suite("FHIR on the highway")
struct FormatTests {
    @Test("writes a transaction whole: puts, posts, conditions, references by urn and by search")
    func bundle() async throws {
        try await withHighway { highway, store in
            _ = try await highway.accept(
                fhir(#"{"resourceType":"Practitioner","id":"d1","identifier":[{"system":"urn:x","value":"9"}]}"#))
            let bundle = """
                {"resourceType":"Bundle","type":"transaction","entry":[
                {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","identifier":[{"system":"urn:p","value":"7"}]},
                 "request":{"method":"PUT","url":"Patient?identifier=urn:p|7"}},
                {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Encounter","status":"finished",
                 "class":{"code":"AMB"},"subject":{"reference":"urn:uuid:1"},
                 "participant":[{"individual":{"reference":"Practitioner?identifier=urn:x|9"}}]},
                 "request":{"method":"POST","url":"Encounter"}}]}
                """
            try await highway.settle()
            let id = try await highway.accept(fhir(bundle)).id
            try await highway.settle()
            #expect(try highway.receipt(id)?.reasons.map(\.what) == [])
            let patient = try #require(try store.search(type: "Patient", parameters: []).entries.first).version
            let visit = try #require(try store.search(type: "Encounter", parameters: []).entries.first).version
            let text = String(decoding: visit.json(), as: UTF8.self)
            #expect(text.contains("\"\(patient.key)\"") && text.contains("\"Practitioner/d1\""))
            // The same person again, in another bundle.
            let again = bundle.replacing("\"finished\"", with: "\"in-progress\"")
            _ = try await highway.accept(fhir(again))
            try await highway.settle()
            #expect(try store.status().resourceCounts["Patient"] == 1)
        }
    }

    @Test("gives what is posted an id of its own, whatever id it brings")
    func posts() async throws {
        try await withHighway { highway, store in
            for (patient, value) in [("甲", 36), ("乙", 39)] {
                let bundle = """
                    {"resourceType":"Bundle","type":"transaction","entry":[
                    {"fullUrl":"http://h/Patient/1","resource":{"resourceType":"Patient","id":"1","name":[{"text":"\(patient)"}]},
                     "request":{"method":"POST","url":"Patient"}},
                    {"resource":{"resourceType":"Observation","id":"1","status":"final","code":{"text":"体温"},
                     "subject":{"reference":"Patient/1"},"valueQuantity":{"value":\(value)}},
                     "request":{"method":"POST","url":"Observation"}}]}
                    """
                _ = try await highway.accept(fhir(bundle))
                try await highway.settle()
            }
            #expect(try store.status().resourceCounts["Patient"] == 2)
            let measured = try store.search(type: "Observation", parameters: []).entries.map {
                String(decoding: $0.version.json(), as: UTF8.self)
            }
            #expect(measured.count == 2 && !measured.contains { $0.contains("\"Patient/1\"") })
        }
    }

    @Test("writes to the resource that somebody else has made with the identifier")
    func foreign() async throws {
        try await withHighway { highway, store in
            let body =
                #"{"resourceType":"Patient","id":"x9","identifier":[{"system":"https://healthbrain.dev/fhir/v2/330106001/HIS","value":"0001234"}]}"#
            _ = try await store.update(
                ResourceKey(type: "Patient", id: "x9"), try JSONDocument(parsing: Array(body.utf8)))
            _ = try await highway.accept(v2(adt("A08", control: "1", time: "20991122083000")))
            try await highway.settle()
            #expect(try store.status().resourceCounts["Patient"] == 1)
            let text = String(
                decoding: try store.read(ResourceKey(type: "Patient", id: "x9")).json(), as: UTF8.self)
            #expect(text.contains("张"))
        }
    }

    @Test("leaves what somebody else has changed later, and tells it")
    func changedElsewhere() async throws {
        try await withHighway { highway, store in
            _ = try await highway.accept(v2(adt("A01", control: "1", time: "20261122083000")))
            try await highway.settle()
            let key = try #require(try store.search(type: "Patient", parameters: []).entries.first).version.key
            let body = #"{"resourceType":"Patient","id":"\#(key.id)","name":[{"text":"改过"}]}"#
            _ = try await store.update(key, try JSONDocument(parsing: Array(body.utf8)))
            _ = try await highway.accept(v2(adt("A08", control: "2", time: "20261122083100")))
            try await highway.settle()
            #expect(String(decoding: try store.read(key).json(), as: UTF8.self).contains("改过"))
            let findings = try highway.findings(sender: "330106001", days: 0...100_000)
            #expect(findings.contains { $0.rule == "undisturbed" })
        }
    }

    @Test("keeps a deletion when what was before it comes late")
    func deletes() async throws {
        try await withHighway { highway, store in
            func bundle(_ time: String, _ entry: String) -> String {
                #"{"resourceType":"Bundle","type":"transaction","timestamp":"\#(time)","entry":[\#(entry)]}"#
            }
            let put = { (name: String) in
                #"{"resource":{"resourceType":"Patient","id":"p","name":[{"text":"\#(name)"}]},"request":{"method":"PUT","url":"Patient/p"}}"#
            }
            _ = try await highway.accept(fhir(bundle("2026-01-01T00:00:00Z", put("a"))))
            try await highway.settle()
            _ = try await highway.accept(
                fhir(bundle("2026-01-03T00:00:00Z", #"{"request":{"method":"DELETE","url":"Patient/p"}}"#)))
            try await highway.settle()
            _ = try await highway.accept(fhir(bundle("2026-01-02T00:00:00Z", put("b"))))
            try await highway.settle()
            #expect(throws: RecordsError.self) { try store.read(ResourceKey(type: "Patient", id: "p")) }
            _ = try await highway.accept(fhir(bundle("2026-01-04T00:00:00Z", put("c"))))
            try await highway.settle()
            #expect(
                String(decoding: try store.read(ResourceKey(type: "Patient", id: "p")).json(), as: UTF8.self).contains(
                    "\"c\""))
        }
    }

    @Test("scores what comes by the rules, and tells the lag")
    func quality() async throws {
        try await withHighway { highway, _ in
            let received: Int64 = 1_795_305_600_000
            _ = try await highway.accept(v2(adt("A01", control: "1", time: "20261101083000"), at: received))
            _ = try await highway.accept(
                v2(
                    adt("A01", control: "2", time: "20261122083000", number: "2").replacing("19491231", with: ""),
                    at: received))
            try await highway.settle()
            let scores = try highway.quality(days: 0...100_000)
            func score(_ rule: String) -> (Int64, Int64)? {
                scores.first { $0.rule.id == rule }.map { ($0.checked, $0.failed) }
            }
            #expect(score("patient-birth-date")! == (2, 1))
            #expect(score("patient-name")! == (2, 0))
            #expect((score("prompt")?.1 ?? 0) >= 1)
            #expect(highway.qualityRules.allSatisfy { !$0.source.isEmpty && !$0.hint.isEmpty })
            #expect(Set(highway.qualityRules.map(\.dimension)) == Set(QualityDimension.allCases))
            #expect(
                try highway.findings(sender: "330106001", days: 0...100_000).contains {
                    $0.rule == "patient-birth-date"
                })
            // It is counted once the commit is known.
            while (highway.lag.senders.first?.fromReceipt.count ?? 0) < 2 {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }
}
