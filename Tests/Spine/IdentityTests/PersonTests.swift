import Foundation
import Identity
import Testing

@Suite("Ledger of persons")
struct PersonLedgerTests {
    private let machine = PersonLedger.Author.machine(model: "1")
    private let reviewer = PersonLedger.Author.reviewer("r1")

    private func ledger() throws -> PersonLedger {
        var ledger = PersonLedger()
        for (record, person) in [("a", "p1"), ("b", "p1"), ("c", "p2"), ("d", "p3")] {
            try ledger.apply(.placed(record: record, person: person), by: machine)
        }
        return ledger
    }

    @Test("merging and taking it back gives back the same bytes")
    func mergesReversibly() throws {
        var ledger = try ledger()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let before = try encoder.encode(ledger.state)
        try ledger.apply(.merged(person: "p2", into: "p1"), by: machine)
        try ledger.apply(.merged(person: "p1", into: "p3"), by: machine)
        #expect(ledger.person(of: "c") == "p3")
        #expect(ledger.records(of: "p3") == ["a", "b", "c", "d"])
        try ledger.apply(.unmerged(person: "p2"), by: machine)
        #expect(ledger.person(of: "c") == "p2")
        #expect(ledger.person(of: "a") == "p3")
        try ledger.apply(.unmerged(person: "p1"), by: machine)
        #expect(try encoder.encode(ledger.state) == before)
        #expect(ledger.entries.count == 8)
    }

    @Test("a record that came to the survivor meanwhile stays there")
    func keepsWhatCame() throws {
        var ledger = try ledger()
        try ledger.apply(.merged(person: "p2", into: "p1"), by: machine)
        try ledger.apply(.placed(record: "e", person: "p1"), by: machine)
        try ledger.apply(.unmerged(person: "p2"), by: machine)
        #expect(ledger.records(of: "p1") == ["a", "b", "e"])
        #expect(ledger.records(of: "p2") == ["c"])
    }

    @Test("the machine does not undo what a reviewer decided")
    func respectsReviewers() throws {
        var ledger = try ledger()
        try ledger.apply(.placed(record: "d", person: "p1"), by: reviewer)
        #expect(throws: PersonLedger.Fault.reviewersDecision("d")) {
            try ledger.apply(.placed(record: "d", person: "p2"), by: machine)
        }
        try ledger.apply(.different(record: "a", other: "c"), by: reviewer)
        #expect(throws: PersonLedger.Fault.knownDifferent("c", "a")) {
            try ledger.apply(.merged(person: "p2", into: "p1"), by: machine)
        }
        #expect(throws: PersonLedger.Fault.knownDifferent("a", "c")) {
            try ledger.apply(.placed(record: "a", person: "p2"), by: machine)
        }
        try ledger.apply(.merged(person: "p2", into: "p1"), by: reviewer)
        #expect(throws: PersonLedger.Fault.reviewersDecision("p2")) {
            try ledger.apply(.unmerged(person: "p2"), by: machine)
        }
        try ledger.apply(.unmerged(person: "p2"), by: reviewer)
        #expect(ledger.person(of: "c") == "p2")
    }

    @Test("refuses what makes no sense, and stays as it was")
    func refuses() throws {
        var ledger = try ledger()
        try ledger.apply(.merged(person: "p2", into: "p1"), by: machine)
        let before = ledger
        let refused: [(PersonLedger.Act, PersonLedger.Fault)] = [
            (.merged(person: "p1", into: "p2"), .sameSurvivor("p1", "p2")),
            (.merged(person: "p2", into: "p3"), .alreadyMerged("p2", into: "p1")),
            (.merged(person: "p9", into: "p1"), .unknownPerson("p9")), (.unmerged(person: "p3"), .notMerged("p3")),
            (.different(record: "a", other: "z"), .unknownRecord("z")),
        ]
        for (act, fault) in refused {
            #expect(throws: fault) { try ledger.apply(act, by: reviewer) }
            #expect(!fault.description.isEmpty)
        }
        #expect(ledger == before)
    }

    @Test("merges and their undoing in any order leave what was before", arguments: 0..<50 as Range<UInt64>)
    func foldsAnyOrder(seed: UInt64) throws {
        var state = seed &* 2_654_435_761 &+ 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return Int(state >> 33) % bound
        }
        var ledger = PersonLedger()
        for at in 0..<12 { try ledger.apply(.placed(record: "r\(at)", person: "p\(at % 8)"), by: machine) }
        let before = ledger.state
        var merged: [String] = []
        for _ in 0..<20 {
            let person = "p\(random(8))"
            if (try? ledger.apply(.merged(person: person, into: "p\(random(8))"), by: machine)) != nil {
                merged.append(person)
            }
            for at in 0..<12 {
                #expect(ledger.person(of: "r\(at)").map { ledger.records(of: $0).contains("r\(at)") } == true)
            }
        }
        while !merged.isEmpty {
            try ledger.apply(.unmerged(person: merged.remove(at: random(merged.count))), by: machine)
        }
        #expect(ledger.state == before)
    }
}

@Suite("Golden record")
struct GoldenRecordTests {
    private let clinic = GoldenRecord.Source(
        recordID: "c", rank: 3, recordedAt: "2025-03-01",
        fields: [.name: "沈丽之女", .birthDate: "2016-03-04", .phone: "13800000000", .contactName: "沈丽"])
    private let register = GoldenRecord.Source(
        recordID: "r", rank: 1, recordedAt: "2019-01-01",
        fields: [.name: "方可心", .birthDate: "2016-03-04", .phone: "13777712345", .address: "翠苑3幢2单元501室"])
    private let hospital = GoldenRecord.Source(
        recordID: "h", rank: 2, recordedAt: "2024-01-01",
        fields: [.name: "方可欣", .idNumber: Town.number("330102", "2016-03-04", 22), .phone: "13911122233", .address: ""])

    @Test("takes of each field the best value, then the best source, then the latest")
    func chooses() {
        let golden = GoldenRecord([clinic, register, hospital])
        #expect(golden.values[.name] == .init(text: "方可心", recordID: "r", others: ["方可欣", "沈丽之女"]))
        #expect(golden.values[.idNumber]?.recordID == "h")
        #expect(
            golden.values[.phone] == .init(text: "13777712345", recordID: "r", others: ["13911122233", "13800000000"]))
        #expect(golden.values[.address]?.recordID == "r")
        #expect(golden.values[.contactName]?.text == "沈丽")
        var later = register
        later.recordID = "r2"
        later.recordedAt = "2020-01-01"
        later.fields[.phone] = "13655512345"
        #expect(GoldenRecord([register, later]).values[.phone]?.text == "13655512345")
    }

    @Test("does not depend on the order of the records")
    func dependsOnNoOrder() {
        #expect(GoldenRecord([clinic, register, hospital]) == GoldenRecord([hospital, register, clinic]))
        #expect(GoldenRecord([]).values.isEmpty)
    }
}
