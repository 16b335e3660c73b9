import Calendar
import Records
import Signals
import Syndromes
import Testing

@Suite("Counts of events")
struct EventCountsTests {
    static let cells =
        "SELECT condition, source, district, age, day, n FROM event_counts_cells "
        + "ORDER BY condition, source, district, age, day"
    static let revisions =
        "SELECT condition, source, district, age, day, known, n FROM event_counts_revisions "
        + "ORDER BY condition, source, district, age, day, known"
    static let facts =
        "SELECT person, condition, source, day, rid, n FROM event_counts_facts ORDER BY person, condition, source, day, rid"

    /// One random write over a handful of resources, so that creates, changes, deletes and late arrivals collide.
    private func write(_ store: RecordStore, _ generator: inout SeededGenerator) async throws {
        func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &generator)] }
        let patient = pick(["p1", "p2", "p3"])
        let day = pick(["2026-11-01", "2026-11-02", "2026-11-03"])
        let number = Int.random(in: 0..<5, using: &generator)
        switch Int.random(in: 0..<13, using: &generator) {
        case 0, 1:
            try await store.put(
                Sample.patient(
                    patient, born: pick(["2023-11-02", "2012-01-01", "1954"]), division: pick([330_102, 330_106, nil])))
        case 2, 3, 4:
            try await store.put(
                Sample.encounter(
                    "e\(number)", patient: patient,
                    complaint: pick(["发热伴咳嗽2天", "腹泻3次，无发热", "复查血压", "发热、皮疹"]),
                    start: day + "T08:30:00+08:00"))
        case 5, 6:
            try await store.put(
                Sample.condition(
                    "c\(number)", patient: patient, code: pick(["J10.100", "A09.000", "I10.x00"]), onset: day))
        case 7:
            try await store.put(
                Sample.organization("p4", type: "cdc", partOf: nil, division: pick([330_102, 330_106, nil])))
        case 8, 9:
            try await store.put(
                Sample.stream(
                    "o\(number)", by: pick(["Organization/p4", nil]), on: day,
                    [(pick(["drug-antipyretic", "water-turbidity", "absence-gastro"]), pick(["0", "3", "12.4"]))]))
        case 10:
            try await store.put(
                Sample.influenzaTest(
                    "o\(number)", patient: patient, isPositive: pick([true, true, false]), at: day + "T09:00:00+08:00"))
        default:
            let key = ResourceKey(
                type: pick(["Patient", "Organization", "Encounter", "Condition", "Observation"]),
                id: pick(["p1", "p2", "p4", "e\(number)", "c\(number)", "o\(number)"]))
            _ = try await store.delete(key)
        }
    }

    @Test(
        "equal a rebuild from zero, revisions included, whatever the order of writes",
        arguments: 0..<20 as Range<UInt64>)
    func equalsRebuild(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let clock = TestClock()
        let store = try countingStore(clock)
        for step in 0..<90 {
            try await write(store, &generator)
            clock.advance(minutes: Int.random(in: 0..<3, using: &generator) * 700)
            if step % 7 == 0 { await store.settle() }
        }
        await store.settle()
        #expect(try store.status().projections.allSatisfy { $0.failures == 0 })
        let (cells, revisions, facts) = (
            try store.rows(Self.cells, columns: 6), try store.rows(Self.revisions, columns: 7),
            try store.rows(Self.facts, columns: 6)
        )
        #expect(cells.allSatisfy { $0[5] > 0 })
        #expect(revisions.allSatisfy { $0[6] != 0 })
        try await store.rebuild(projection: "event_counts")
        await store.settle()
        #expect(try store.rows(Self.cells, columns: 6) == cells)
        #expect(try store.rows(Self.revisions, columns: 7) == revisions)
        #expect(try store.rows(Self.facts, columns: 6) == facts)
        await store.close()
    }

    @Test("tell at any later time what was known on a day", arguments: 50..<60 as Range<UInt64>)
    func asOf(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let clock = TestClock()
        let store = try countingStore(clock)
        let counts = EventCounts(store: store)
        let days = CivilDay(number: 0)...CivilDay(number: 30_000)
        var seen: [(moment: Int64, cells: Set<EventCounts.Cell>)] = []
        for step in 0..<60 {
            try await write(store, &generator)
            if step % 10 == 9 {
                await store.settle()
                seen.append((clock.now, Set(try counts.cells(days))))
                clock.advance(days: 1)
            }
        }
        for (moment, cells) in seen { #expect(Set(try counts.cells(days, asOf: moment)) == cells) }
        #expect(try counts.cells(days, asOf: seen[0].moment - 86_400_000).isEmpty)
        await store.close()
    }

    @Test("count a person once a day, and follow where the person lives")
    func once() async throws {
        let store = try countingStore()
        let list = try watchList.get()
        let (counts, ili) = (EventCounts(store: store), try #require(list["ili"]))
        let day = try #require(CivilDay("2026-11-20"))
        try await store.put(
            Sample.encounter("e1", patient: "p1", complaint: "发热伴咳嗽", start: "2026-11-20T08:00:00+08:00"))
        try await store.put(
            Sample.encounter("e2", patient: "p1", complaint: "发热、咽痛", start: "2026-11-20T15:00:00+08:00"))
        await store.settle()
        var found = try counts.cells(day...day, condition: ili.number)
        #expect(found.map(\.count) == [1] && found.map(\.district) == [0] && found.map(\.age) == [.unknown])
        try await store.put(Sample.patient("p1", born: "2023-01-01", division: 330_106))
        await store.settle()
        found = try counts.cells(day...day, condition: ili.number)
        #expect(found.map(\.count) == [1] && found.map(\.district) == [330_106] && found.map(\.age) == [.under5])
        #expect(try counts.lines([ili], day...day, district: 330_106, limit: 10).count == 2)
        #expect(try counts.firstDays(day.advanced(by: -9)...day) == [.complaint: day])
        #expect(try counts.firstDays(day.advanced(by: -9)...day.advanced(by: -1)).isEmpty)
        _ = try await store.delete(ResourceKey(type: "Encounter", id: "e1"))
        await store.settle()
        #expect(try counts.cells(day...day, condition: ili.number).map(\.count) == [1])
        _ = try await store.delete(ResourceKey(type: "Encounter", id: "e2"))
        await store.settle()
        #expect(try counts.cells(day...day, condition: ili.number).isEmpty)
        await store.close()
    }

    @Test(
        "take streams with their values, above a limit as one, in the district of who gives them, and no person's line")
    func streams() async throws {
        let store = try countingStore()
        let list = try watchList.get()
        let (counts, diarrhoea) = (EventCounts(store: store), try #require(list["diarrhoea"]))
        let day = try #require(CivilDay("2026-11-20"))
        func found() async throws -> [Int: Int] {
            await store.settle()
            let cells = try counts.cells(day...day, condition: diarrhoea.number, district: 330_106)
            #expect(cells.allSatisfy { $0.age == .unknown })
            return Dictionary(cells.map { ($0.source.rawValue, $0.count) }) { one, other in one + other }
        }
        try await store.put(
            Sample.stream(
                "o1", by: "Organization/xihu", on: "2026-11-20",
                [
                    ("drug-antidiarrhoeal", "37"), ("absence-gastro", "5"), ("water-turbidity", "0.9"),
                    ("water-turbidity", "1.6"), ("water-coliform", "2"), ("air-pm25", "300"),
                ]))
        #expect(try await found().isEmpty)
        try await store.put(Sample.organization("xihu", type: "cdc", partOf: nil, division: 330_106))
        #expect(try await found() == [4: 37, 5: 5, 8: 2])
        #expect(try counts.lines([diarrhoea], day...day, district: nil, limit: 10).isEmpty)
        // A Location has one address.
        try await store.put(
            """
            {"resourceType":"Location","id":"shop","name":"大药房","address":{"extension":[{"url":\
            "https://healthbrain.dev/fhir/StructureDefinition/division","valueCode":"330106"}]}}
            """)
        try await store.put(Sample.stream("o2", of: "Location/shop", on: "2026-11-20", [("drug-antidiarrhoeal", "4")]))
        #expect(try await found()[4] == 41)
        try await store.put(Sample.stream("o2", of: "Location/shop", on: "2026-11-20", [("drug-antidiarrhoeal", "14")]))
        #expect(try await found()[4] == 51)
        // What can't be a count is none.
        for wrong in ["-3", "1e300"] {
            try await store.put(
                Sample.stream("o3", of: "Location/shop", on: "2026-11-20", [("drug-antidiarrhoeal", wrong)]))
            #expect(try await found()[4] == 51)
        }
        try await store.put(
            Sample.stream(
                "o1", by: "Organization/xihu", on: "2026-11-20", status: "entered-in-error",
                [("drug-antidiarrhoeal", "37")]))
        #expect(try await found() == [4: 14])
        #expect(try store.status().projections.allSatisfy { $0.failures == 0 })
        await store.close()
    }

    @Test("are read from complaints, diagnoses and positive tests, and not from negative ones")
    func sources() async throws {
        let store = try countingStore()
        let influenza = try #require(try watchList.get()["NID-C-001"])
        try await store.put(Sample.patient("p1"))
        try await store.put(Sample.condition("c1", patient: "p1", code: "J10.100", onset: "2026-11-18"))
        try await store.put(
            Sample.influenzaTest("o1", patient: "p1", isPositive: true, at: "2026-11-20T09:00:00+08:00"))
        try await store.put(
            Sample.influenzaTest("o2", patient: "p1", isPositive: false, at: "2026-11-19T09:00:00+08:00"))
        await store.settle()
        let days = try #require(CivilDay("2026-11-01"))...(try #require(CivilDay("2026-11-30")))
        let found = try EventCounts(store: store).cells(days, condition: influenza.number).sorted { $0.day < $1.day }
        #expect(found.map(\.source) == [.diagnosis, .laboratory])
        #expect(found.map(\.day.isoText) == ["2026-11-18", "2026-11-20"])
        await store.close()
    }
}
