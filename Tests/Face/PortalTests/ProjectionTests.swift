import Calendar
import DailyCounts
import Records
import Testing
import Timeline

@Suite("Projections of random lives")
struct ProjectionTests {
    static let cells = "SELECT kind, day, district, code, n FROM daily_counts_cells ORDER BY kind, day, district, code"
    static let sources = "SELECT place, kind, day, code, n FROM daily_counts_sources ORDER BY place, kind, day, code"
    static let places = "SELECT place, district FROM daily_counts_places ORDER BY place"
    static let entries =
        "SELECT resident, seconds, resource, kind FROM timeline_entries ORDER BY resident, seconds, resource"

    /// One random write over a handful of resources, so that creates, changes, deletes and late arrivals collide.
    private func write(_ store: RecordStore, _ generator: inout SeededGenerator) async throws {
        func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &generator)] }
        let patient = pick(["p1", "p2", "p3"])
        let organization = pick(["o1", "o2", "o3", nil])
        let division = pick([330_102, 330_106, nil])
        let day = pick(["2026-11-01", "2026-11-02", "2026-11-03"])
        let number = Int.random(in: 0..<6, using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            try await store.put(
                Sample.patient(patient, born: day, died: pick([nil, nil, "2026-11-05"]), division: division))
        case 1: try await store.put(Sample.organization(pick(["o1", "o2", "o3"]), division: division))
        case 2, 3, 4:
            try await store.put(
                Sample.encounter(
                    "e\(number)", patient: patient, organization: organization, start: day + "T08:30:00+08:00",
                    code: pick(["AMB", "EMER", "IMP", "HH"]), status: pick(["finished", "finished", "cancelled"])))
        case 5, 6:
            try await store.put(
                Sample.condition("c\(number)", patient: patient, code: pick(["J06.900", "I10.x00"]), day: day))
        case 7:
            try await store.put(
                Sample.glucose("g\(number)", patient: patient, value: "5.10", at: day + "T0\(number):15:00+08:00"))
        default:
            let key = ResourceKey(
                type: pick(["Patient", "Organization", "Encounter", "Condition", "Observation"]),
                id: pick(["p1", "p2", "o1", "o2", "e\(number)", "c\(number)", "g\(number)"]))
            _ = try await store.delete(key)
        }
    }

    private func state(_ store: RecordStore) throws -> [[[Int64]]] {
        try [
            store.rows(Self.cells, columns: 5), store.rows(Self.sources, columns: 5),
            store.rows(Self.places, columns: 2), store.rows(Self.entries, columns: 4),
        ]
    }

    @Test("equal a rebuild from zero, whatever the order of writes", arguments: 0..<25 as Range<UInt64>)
    func equalsRebuild(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        for step in 0..<90 {
            try await write(store, &generator)
            if step % 7 == 0 { await store.settle() }
        }
        await store.settle()
        #expect(try store.status().projections.allSatisfy { $0.failures == 0 })
        let followed = try state(store)
        #expect(followed[0].allSatisfy { $0[4] > 0 })
        try await store.rebuild(projection: "timeline")
        try await store.rebuild(projection: "daily_counts")
        await store.settle()
        #expect(try state(store) == followed)
        await store.close()
    }

    @Test("equal a recomputation from the documents alone", arguments: 100..<115 as Range<UInt64>)
    func equalsRecomputation(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        for _ in 0..<120 { try await write(store, &generator) }
        await store.settle()
        // The obvious way: put what stands at the end, and nothing else, into a new store, institutions first.
        let fresh = try memoryStore()
        for type in ["Organization", "Patient", "Encounter", "Condition", "Observation"] {
            for entry in try store.search(type: type, parameters: [("_count", "1000")]).entries {
                try await fresh.put(String(decoding: entry.version.json(), as: UTF8.self))
            }
        }
        await fresh.settle()
        let withoutCodes =
            "SELECT kind, day, district, SUM(n) FROM daily_counts_cells GROUP BY kind, day, district "
            + "ORDER BY kind, day, district"
        #expect(try store.rows(withoutCodes, columns: 4) == fresh.rows(withoutCodes, columns: 4))
        let kinds = "SELECT kind, COUNT(*) FROM timeline_entries GROUP BY kind ORDER BY kind"
        #expect(try store.rows(kinds, columns: 2) == fresh.rows(kinds, columns: 2))
        await store.close()
        await fresh.close()
    }

    @Test("counts go to the right district when the institution arrives after its visits, and move with it")
    func lateInstitution() async throws {
        let store = try memoryStore()
        let counts = DailyCounts(store: store)
        let day = try #require(CivilDay("2026-11-20"))
        try await store.put(
            Sample.encounter("e1", patient: "p1", organization: "o1", start: "2026-11-20T23:59:00+08:00"))
        await store.settle()
        #expect(try counts.visits(day...day).map(\.district) == [0])
        try await store.put(Sample.organization("o1", division: 330_106))
        await store.settle()
        #expect(
            try counts.visits(day...day) == [
                VisitCount(day: day, kind: .ambulatoryVisits, district: 330_106, count: 1)
            ])
        try await store.put(Sample.organization("o1", division: 330_102))
        await store.settle()
        #expect(try counts.visits(day...day).map(\.district) == [330_102])
        _ = try await store.delete(ResourceKey(type: "Organization", id: "o1"))
        await store.settle()
        #expect(try counts.visits(day...day).map(\.district) == [0])
        await store.close()
    }

    @Test("leading diagnoses are counted by code and compared with the period before")
    func diagnoses() async throws {
        let store = try memoryStore()
        try await store.put(Sample.patient("p1"))
        for number in 1...3 {
            try await store.put(
                Sample.condition("a\(number)", patient: "p1", code: "I10.x00", day: "2026-11-0\(number)"))
        }
        try await store.put(Sample.condition("b1", patient: "p1", code: "J06.900", day: "2026-11-03"))
        try await store.put(Sample.condition("b2", patient: "p1", code: "I10.x00", day: "2026-10-31"))
        await store.settle()
        let days = try #require(CivilDay("2026-11-01"))...(try #require(CivilDay("2026-11-03")))
        let counts = DailyCounts(store: store)
        let found = try counts.leadingDiagnoses(days, limit: 5)
        #expect(found.map(\.code) == ["I10.x00", "J06.900"])
        #expect(found.map(\.count) == [3, 1])
        #expect(found.map(\.countBefore) == [1, 0])
        #expect(try counts.leadingDiagnoses(days, district: 330_102, limit: 5).isEmpty)
        await store.close()
    }

    @Test("a page of a timeline is newest first, goes on where the one before ended, and can hold one kind")
    func pages() async throws {
        let store = try memoryStore()
        try await store.put(Sample.patient("p1"))
        for number in 0..<9 {
            try await store.put(
                Sample.glucose("g\(number)", patient: "p1", value: "5", at: "2026-11-0\(number % 3 + 1)T08:00:00+08:00")
            )
        }
        try await store.put(Sample.encounter("e1", patient: "p1", organization: nil, start: "2026-11-02"))
        await store.settle()
        let timeline = Timeline(store: store)
        let resident = try #require(try store.number(of: ResourceKey(type: "Patient", id: "p1")))
        var seen: [TimelineEntry] = []
        var cursor: TimelineCursor?
        while true {
            let page = try timeline.entries(of: resident, after: cursor, limit: 4)
            seen += page.entries
            guard page.hasMore, let last = page.entries.last else { break }
            cursor = TimelineCursor(TimelineCursor(last).text)
        }
        #expect(seen.count == 10)
        #expect(Set(seen.map(\.resource)).count == 10)
        #expect(seen.map(\.seconds) == seen.map(\.seconds).sorted(by: >))
        #expect(try timeline.entries(of: resident, kinds: [.visit], limit: 4).entries.count == 1)
        #expect(try timeline.counts(of: resident) == [.visit: 1, .observation: 9])
        await store.close()
    }
}
