import Access
import FHIR
import Foundation
import Persons
import Records
import SQL
import Testing

/// Stores whose Patients were put together by a program whose rules of access did not know of merges.
@Suite("Merges from before the rules knew of them")
struct AdoptedMergeTests {
    private static func open(_ database: RecordDatabase, seen: Bool, _ projections: [any Projection]) throws
        -> RecordStore
    {
        var options = RecordStoreOptions(database: database)
        options.isSeenByRules = seen
        return try RecordStore(options, definitions: try Definitions.r4(), projections: projections)
    }

    private static func observation(_ id: String, of patient: String) -> String {
        #"{"resourceType":"Observation","id":"\#(id)","status":"final","code":{"text":"x"},"#
            + #""subject":{"reference":"Patient/\#(patient)"}}"#
    }

    /// Which of two observations the resident whose Patient stayed can read.
    private static func readable(_ store: RecordStore) throws -> [String] {
        let resident = Subject(account: "r", role: .resident, patient: "stays", purpose: .patientRequest)
        let seen = store.seen(
            by: try store.sight(of: resident, now: WallClock.milliseconds()), trace: AccessTrace(.init()))
        return ["before", "after"].filter { id in
            (try? seen.read(ResourceKey(type: "Observation", id: id))) != nil
        }
    }

    private static func revision(_ store: RecordStore) throws -> String {
        try store.readSQL { db in try db.first("SELECT value FROM setting WHERE name = 'revision'") { $0.text(0) } ?? ""
        }
    }

    @Test(
        "are told to the rules when the store is opened, with what came about who went since", arguments: TestStore.all)
    func adopted(_ kind: TestStore) async throws {
        try await kind.withDatabase { database in
            let newer = try Self.open(database, seen: true, [PersonIndex()])
            try await newer.put(TestPatient(id: "stays").text)
            try await newer.put(TestPatient(id: "goes", name: "欧阳婉晴", number: nil).text)
            try await newer.put(Self.observation("before", of: "goes"))
            _ = try await Persons(newer).merge(
                MergeRequest(source: "goes", target: "stays", author: "reviewer", reason: "same", isReviewed: true))
            #expect(try Self.revision(newer) == "5")
            // As the program of the layout before would have left it.
            try await newer.writeSQL { db in
                try db.run(script: "DROP TABLE access_stand_in")
                try db.execute("UPDATE setting SET value = '4' WHERE name = 'revision'")
            }
            await newer.close()

            let without = try Self.open(database, seen: true, [])
            try await without.put(Self.observation("after", of: "goes"))
            #expect(try Self.readable(without) == ["before"])
            #expect(try Self.revision(without) == "5")
            await without.close()

            for _ in 0..<2 {
                let store = try Self.open(database, seen: true, [PersonIndex()])
                #expect(try store.standIn(for: "goes") == "stays")
                #expect(try store.standIn(for: "stays") == "stays")
                #expect(try Self.readable(store) == ["before", "after"])
                await store.close()
            }
            let last = try Self.open(database, seen: true, [PersonIndex()])
            _ = try await Persons(last).unmerge("goes", author: "reviewer")
            #expect(try last.standIn(for: "goes") == "goes")
            #expect(try Self.readable(last).isEmpty)
            await last.close()
        }
    }

    @Test("are told when the rules first look at a store without labels", arguments: TestStore.all)
    func withoutLabels(_ kind: TestStore) async throws {
        try await kind.withDatabase { database in
            let plain = try Self.open(database, seen: false, [PersonIndex()])
            for id in ["stays", "goes", "other"] { try await plain.put(TestPatient(id: id, number: nil).text) }
            let persons = try Persons(plain)
            for id in ["goes", "other"] {
                _ = try await persons.merge(
                    MergeRequest(source: id, target: "stays", author: "reviewer", reason: "same", isReviewed: true))
            }
            try await plain.writeSQL { db in try db.execute("DELETE FROM access_stand_in") }
            await plain.close()

            let store = try Self.open(database, seen: true, [PersonIndex()])
            let pairs = try store.readSQL { db in
                try db.query(
                    "SELECT x.patient, x.survivor FROM access_stand_in x ORDER BY x.patient"
                ) { [$0.int(0), $0.int(1)] }
            }
            #expect(pairs.count == 2 && Set(pairs.map { $0[1] }).count == 1)
            #expect(try store.standIn(for: "other") == "stays")
            await store.close()
        }
    }
}
