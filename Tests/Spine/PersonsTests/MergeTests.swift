import Foundation
import JSON
import Persons
import Records
import Testing

/// Merging and taking back.
struct MergeTests {
    private static func fill(_ store: RecordStore) async throws {
        try await store.put(TestPatient(id: "a").text)
        var other = TestPatient(id: "b", name: "欧阳婉晴", number: nil)
        other.card = ("urn:h2", "77")
        try await store.put(other.text)
        try await store.put(
            #"{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/b"}}"#
        )
        try await store.put(
            #"{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/b"},"#
                + #""participant":[{"individual":{"reference":"RelatedPerson/r1"}}]}"#)
        try await store.put(#"{"resourceType":"RelatedPerson","id":"r1","patient":{"reference":"Patient/b"}}"#)
    }

    private static let references = ["Patient/a", "Patient/b", "Observation/o1", "Encounter/e1", "RelatedPerson/r1"]

    @Test("merge then unmerge gives back the same bytes", arguments: TestStore.all)
    func givesBackBytes(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            let before = try Self.references.map { try store.plain($0) }
            let outcome = try await persons.merge(
                MergeRequest(source: "b", target: "a", author: "reviewer", reason: "same card", isReviewed: true))
            #expect(outcome.rewritten == 3)
            #expect(try store.ids("Observation", "subject", "Patient/a") == ["o1"])
            #expect(try store.ids("Observation", "subject", "Patient/b").isEmpty)
            #expect(try store.plain("Patient/a").contains("77"))
            let gone = try json(store.plain("Patient/b")).root
            #expect(gone["active"]?.bool == false)
            #expect(gone["link"]?[0]?["other"]?["reference"]?.string == "Patient/a")
            #expect(try persons.survivor(of: "b") == "a")
            #expect(try await persons.unmerge("b", author: "reviewer") == 3)
            #expect(try Self.references.map { try store.plain($0) } == before)
            #expect(try persons.survivor(of: "b") == "b")
            #expect(try persons.merges(of: "b").first?.undone != nil)
        }
    }

    @Test("a preview writes nothing", arguments: TestStore.all)
    func previews(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            let before = try Self.references.map { try store.plain($0) }
            let outcome = try await persons.merge(
                MergeRequest(source: "b", target: "a", author: "reviewer", reason: "?", isReviewed: true),
                isPreview: true)
            #expect(outcome.id == nil && outcome.rewritten == 3)
            #expect(try Self.references.map { try store.plain($0) } == before)
        }
    }

    @Test(
        "what came after the merge stays with the survivor, and what was changed since keeps its change",
        arguments: TestStore.all)
    func keepsLaterWork(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            _ = try await persons.merge(
                MergeRequest(source: "b", target: "a", author: "reviewer", reason: "same", isReviewed: true))
            try await store.put(
                #"{"resourceType":"Observation","id":"o2","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}}"#
            )
            try await store.put(
                #"{"resourceType":"Observation","id":"o1","status":"amended","code":{"text":"x"},"subject":{"reference":"Patient/a"}}"#
            )
            _ = try await persons.unmerge("b", author: "reviewer")
            #expect(try store.ids("Observation", "subject", "Patient/a") == ["o2"])
            #expect(try store.ids("Observation", "subject", "Patient/b") == ["o1"])
            #expect(try store.plain("Observation/o1").contains("amended"))
        }
    }

    /// References to both Patients in one list, and what somebody makes of the list before the merge is taken back.
    @Test(
        "a merge is taken back where references stand now, not where they stood",
        arguments: [
            // Somebody is put in front.
            (
                [#"{"reference":"Practitioner/d","display":"d"}"#, "OWN", "TURNED"],
                [#"{"reference":"Practitioner/d","display":"d"}"#, "OWN", "BACK"]
            ),
            // The own one goes, so that the other moves to its place.
            (["TURNED"], ["BACK"]),
            // Turned around.
            (["TURNED", "OWN"], ["BACK", "OWN"]),
            // Only the own one is left: it stays whose it was.
            (["OWN"], ["OWN"]),
            // Another's at its place is not taken for it.
            (
                [#"{"reference":"Patient/a","display":"new"}"#, #"{"reference":"Patient/a","display":"newer"}"#],
                [#"{"reference":"Patient/a","display":"new"}"#, #"{"reference":"Patient/a","display":"newer"}"#]
            ),
            // A later one about the survivor stays the survivor's.
            (
                ["OWN", "TURNED", #"{"reference":"Patient/a","display":"later"}"#],
                ["OWN", "BACK", #"{"reference":"Patient/a","display":"later"}"#]
            ),
        ] as [([String], [String])])
    func turnsBackByIdentity(_ now: [String], _ then: [String]) async throws {
        func text(_ performers: [String], _ status: String) -> String {
            let list = performers.map {
                $0.replacing("OWN", with: #"{"reference":"Patient/a","display":"own"}"#)
                    .replacing("TURNED", with: #"{"reference":"Patient/a","display":"turned"}"#)
                    .replacing("BACK", with: #"{"reference":"Patient/b","display":"turned"}"#)
            }
            return #"{"resourceType":"Observation","id":"o9","status":"\#(status)","code":{"text":"x"},"#
                + #""performer":[\#(list.joined(separator: ","))]}"#
        }
        for kind in TestStore.all {
            try await kind.with { store, persons in
                try await Self.fill(store)
                try await store.put(text(["OWN", "BACK"], "final"))
                _ = try await persons.merge(
                    MergeRequest(source: "b", target: "a", author: "reviewer", reason: "same", isReviewed: true))
                try await store.put(text(now, "amended"))
                _ = try await persons.unmerge("b", author: "reviewer")
                #expect(try store.plain("Observation/o9") == text(then, "amended"))
            }
        }
    }

    @Test("refuses what can't be merged", arguments: TestStore.all)
    func refuses(_ kind: TestStore) async throws {
        try await kind.with { store, persons in
            try await Self.fill(store)
            func merge(_ source: String, _ target: String) async throws {
                _ = try await persons.merge(
                    MergeRequest(source: source, target: target, author: "r", reason: "same", isReviewed: true))
            }
            await #expect(throws: RecordsError.self) { try await merge("a", "a") }
            await #expect(throws: RecordsError.self) { try await merge("nobody", "a") }
            try await merge("b", "a")
            await #expect(throws: RecordsError.self) { try await merge("b", "a") }
            await #expect(throws: RecordsError.self) { try await merge("a", "b") }
            await #expect(throws: RecordsError.self) { _ = try await persons.unmerge("a", author: "r") }
        }
    }

    @Test("a merge of too much is refused and leaves nothing half done", arguments: TestStore.all)
    func isBounded(_ kind: TestStore) async throws {
        try await kind.with { store, _ in
            try await Self.fill(store)
            var options = Persons.Options()
            options.rewrittenMax = 2
            let persons = try Persons(store, options)
            let before = try Self.references.map { try store.plain($0) }
            do {
                _ = try await persons.merge(
                    MergeRequest(source: "b", target: "a", author: "r", reason: "same", isReviewed: true))
                Issue.record("the merge was not refused")
            } catch let error as RecordsError {
                #expect(error.category == .tooCostly)
            }
            #expect(try Self.references.map { try store.plain($0) } == before)
        }
    }

    @Test(
        "random records, merged in a random order and taken back in the reverse one, are as they were",
        arguments: 0..<8 as Range<UInt64>)
    func property(_ seed: UInt64) async throws {
        for kind in TestStore.all {
            try await kind.with { store, persons in
                var random = SeededGenerator(seed: seed)
                let people = (0..<6).map { "p\($0)" }
                var references = people.map { "Patient/" + $0 }
                for (place, id) in people.enumerated() {
                    var patient = TestPatient(id: id, number: nil)
                    patient.card = ("urn:h\(Int.random(in: 1...3, using: &random))", "\(place)")
                    patient.phone = Bool.random(using: &random) ? nil : "1395711223\(place)"
                    try await store.put(patient.text)
                }
                for number in 0..<20 {
                    let (one, other) = (people.randomElement(using: &random)!, people.randomElement(using: &random)!)
                    references.append("Observation/o\(number)")
                    try await store.put(
                        #"{"resourceType":"Observation","id":"o\#(number)","status":"final","code":{"text":"\#(number)"},"#
                            + #""subject":{"reference":"Patient/\#(one)"},"performer":[{"reference":"Patient/\#(other)","display":"x"}]}"#
                    )
                }
                let before = try references.map { try store.plain($0) }
                var standing = people
                var merged: [String] = []
                for _ in 0..<4 {
                    standing.shuffle(using: &random)
                    let source = standing.removeLast()
                    _ = try await persons.merge(
                        MergeRequest(
                            source: source, target: standing.randomElement(using: &random)!, author: "r",
                            reason: "seed \(seed)", isReviewed: true))
                    merged.append(source)
                    #expect(try store.ids("Observation", "subject", "Patient/" + source).isEmpty)
                }
                for source in merged.reversed() { _ = try await persons.unmerge(source, author: "r") }
                #expect(try references.map { try store.plain($0) } == before)
            }
        }
    }
}
