import FHIR
import Highway
import JSON
import Persons
import Records
import Testing

/// Messages about Patients that were put together.
@Suite("Merged Patients on the highway", .serialized)
struct MergedPatientTests {
    /// A highway beside an index of persons, and the ids of the Patients with the numbers N1 and N2.
    private func withMerged(
        _ body: (Highway, RecordStore, Persons, _ goes: String, _ stays: String) async throws -> Void
    ) async throws {
        let place = try TestPlace()
        defer { place.remove() }
        let store = try RecordStore(
            RecordStoreOptions(database: place.database), definitions: try Definitions.r4(),
            projections: [PersonIndex()])
        var identity = Persons.Options()
        identity.saidAt = { try Highway.saidAt($0, $1) }
        let persons = try Persons(store, identity)
        var options = HighwayOptions()
        options.persons = persons
        let highway = try Highway(store, mapping: try House.mapping.get(), options: options)
        let running = Task { await highway.run() }
        var failure: (any Error)?
        do {
            for number in ["N1", "N2"] {
                _ = try await highway.accept(
                    v2(adt("A01", control: number, time: "20261101083000", number: number, visit: "V" + number)))
            }
            try await highway.settle()
            func id(_ number: String) throws -> String {
                try #require(
                    try store.search(type: "Patient", parameters: [("identifier", number)]).entries.first?.version.key
                        .id)
            }
            let (goes, stays) = (try id("N1"), try id("N2"))
            _ = try await persons.merge(
                MergeRequest(source: goes, target: stays, author: "reviewer", reason: "same", isReviewed: true))
            try await body(highway, store, persons, goes, stays)
        } catch { failure = error }
        await highway.close()
        await running.value
        await store.close()
        if let failure { throw failure }
    }

    private func visits(_ store: RecordStore, _ patient: String) throws -> Int {
        try store.search(type: "Encounter", parameters: [("subject", "Patient/" + patient)]).entries.count
    }

    @Test("what a message about the one that went says is the survivor's, and its word shows there")
    func resolves() async throws {
        try await withMerged { highway, store, persons, goes, stays in
            #expect(try visits(store, stays) == 2)
            _ = try await highway.accept(
                v2(adt("A08", control: "3", time: "20261102083000", number: "N1", name: "张^三丰", visit: "V3")))
            _ = try await highway.accept(v2(oru(control: "4", time: "20261103083000", number: "N1", value: "130")))
            try await highway.settle()
            #expect(try visits(store, stays) == 3)
            #expect(try visits(store, goes) == 0)
            let results = try store.search(type: "Observation", parameters: [("subject", "Patient/" + stays)])
            #expect(results.entries.count == 1)
            let golden = String(decoding: try store.read(ResourceKey(type: "Patient", id: stays)).json(), as: UTF8.self)
            #expect(golden.contains("三丰") && golden.contains("N1") && golden.contains("N2"))
            let old = String(decoding: try store.read(ResourceKey(type: "Patient", id: goes)).json(), as: UTF8.self)
            #expect(old.contains("replaced-by"))
            // An older message that comes late changes nothing.
            _ = try await highway.accept(
                v2(adt("A08", control: "5", time: "20261101093000", number: "N1", name: "李^四")))
            try await highway.settle()
            let same = String(decoding: try store.read(ResourceKey(type: "Patient", id: stays)).json(), as: UTF8.self)
            #expect(same == golden)
        }
    }

    @Test(
        "a label that somebody put on a Patient who was never merged outlives the next messages, until it is taken off")
    func keepsLabels() async throws {
        try await withHighway { highway, store in
            func patient() throws -> Version {
                try #require(try store.search(type: "Patient", parameters: [("identifier", "N1")]).entries.first)
                    .version
            }
            func say(_ control: String, _ name: String) async throws {
                let message = adt(
                    "A08", control: control, time: "2036110\(control)083000", number: "N1", name: name, visit: "V1")
                _ = try await highway.accept(v2(message))
                try await highway.settle()
                #expect(String(decoding: try patient().json(), as: UTF8.self).contains(name.suffix(1)))
            }
            func put(_ edit: (JSONDocument, inout JSONEdits) -> Void) async throws {
                let version = try patient()
                let document = try JSONDocument(parsing: version.json())
                var edits = JSONEdits()
                edit(document, &edits)
                _ = try await store.update(version.key, JSONDocument(parsing: edits.applied(to: document)))
            }
            let label =
                #"{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}"#
            func isLabelled() throws -> Bool { String(decoding: try patient().json(), as: UTF8.self).contains(label) }
            try await say("1", "张^三")
            #expect(try !isLabelled())
            try await put { $1.setMember("meta", of: $0.root, to: Array(#"{"security":[\#(label)]}"#.utf8)) }
            try await say("2", "张^四")
            #expect(try isLabelled())
            try await say("3", "张^五")
            #expect(try isLabelled())
            try await put { $1.removeMember("meta", of: $0.root) }
            try await say("4", "张^六")
            #expect(try !isLabelled())
        }
    }

    @Test("messages of both in one piece show together, and parting gives each its last word")
    func partsAgain() async throws {
        try await withMerged { highway, store, persons, goes, stays in
            let deliveries = [("6", "N1", "赵^一"), ("7", "N2", "钱^二")].map { control, number, name in
                v2(adt("A08", control: control, time: "2026110208300\(control)", number: number, name: name))
            }
            for result in await highway.accept(deliveries) { _ = try result.get() }
            try await highway.settle()
            func name(_ id: String) throws -> String {
                String(decoding: try store.read(ResourceKey(type: "Patient", id: id)).json(), as: UTF8.self)
            }
            #expect(try name(stays).contains("二"))
            _ = try await persons.unmerge(goes, author: "reviewer")
            #expect(try name(goes).contains("一") && !name(goes).contains("replaced-by"))
            #expect(try name(stays).contains("二") && !name(stays).contains("N1"))
        }
    }

    @Test("a reference by id to the one that went leads to the survivor")
    func turnsReferences() async throws {
        try await withMerged { highway, store, _, goes, stays in
            _ = try await highway.accept(
                fhir(
                    #"{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"#
                        + #""subject":{"reference":"Patient/\#(goes)"}}"#))
            try await highway.settle()
            let results = try store.search(type: "Observation", parameters: [("subject", "Patient/" + stays)])
            #expect(results.entries.map(\.version.key.id) == ["o1"])
        }
    }
}
