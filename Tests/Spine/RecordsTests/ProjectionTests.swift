import JSON
import Records
import SQL
import Synchronization
import Testing

/// Counts patients by gender, moved by differences; it can be told to fail.
private struct GenderCounts: Projection {
    let name = "gender_counts"
    let revision: Int
    let failing: FailureSwitch

    init(revision: Int = 1, failing: FailureSwitch = FailureSwitch()) {
        self.revision = revision
        self.failing = failing
    }

    final class FailureSwitch: Sendable {
        let isOn = Mutex(false)
    }

    struct Failure: Error {}

    var interest: Set<String>? { ["Patient"] }

    func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "gender_counts", columns: ["gender TEXT NOT NULL", "count INTEGER NOT NULL"], primaryKey: ["gender"])
    }

    func dropTables(_ db: SQLConnection) throws { try db.run(script: "DROP TABLE IF EXISTS gender_counts") }

    func apply(_ changes: [Change], _ db: SQLConnection) throws {
        for change in changes {
            try move(change.previous(), by: -1, db)
            try move(change.document, by: 1, db)
        }
        if failing.isOn.withLock({ $0 }) { throw Failure() }
    }

    private func move(_ document: JSONDocument?, by difference: Int, _ db: SQLConnection) throws {
        guard let gender = document?.root["gender"]?.string else { return }
        try db.execute(
            "INSERT INTO gender_counts (gender, count) VALUES (?, ?) "
                + "ON CONFLICT (gender) DO UPDATE SET count = gender_counts.count + excluded.count", .text(gender),
            .int(difference))
    }

    static func read(_ store: RecordStore) throws -> [String: Int] {
        let rows = try store.readSQL { db in
            try db.query("SELECT gender, count FROM gender_counts WHERE count <> 0") { ($0.text(0), Int($0.int(1))) }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

/// Asks its store while it follows whether there is fresh work.
private final class Witness: Projection {
    let name = "witness"
    let revision = 1
    let store = Mutex<RecordStore?>(nil)
    let seen = Mutex<[Bool]>([])

    var interest: Set<String>? { ["Patient"] }
    func createTables(_ db: SQLConnection) throws {}
    func dropTables(_ db: SQLConnection) throws {}

    func apply(_ changes: [Change], _ db: SQLConnection) throws {
        guard !changes.isEmpty, let store = store.withLock({ $0 }) else { return }
        seen.withLock { $0.append(store.isBusy) }
    }
}

@Suite struct ProjectionTests {
    @Test("a store is busy until its projections have seen what was written, and then no longer")
    func busy() async throws {
        let witness = Witness()
        let store = try memoryStore(projections: [witness])
        witness.store.withLock { $0 = store }
        await store.settle()
        while store.isBusy { await Task.yield() }
        try await store.put(#"{"resourceType":"Patient","id":"a"}"#)
        await store.settle()
        #expect(witness.seen.withLock { $0 } == [true])
        while store.isBusy { await Task.yield() }
        witness.store.withLock { $0 = nil }
        await store.close()
    }

    @Test("a projection follows creates, updates and deletes, and equals a rebuild", arguments: 0..<10 as Range<UInt64>)
    func follows(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore(projections: [GenderCounts()])
        var truth: [String: String] = [:]
        for _ in 0..<80 {
            let id = "p\(Int.random(in: 0..<10, using: &generator))"
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                _ = try await store.delete(ResourceKey(type: "Patient", id: id))
                truth[id] = nil
            default:
                let gender = ["male", "female", "other"].randomElement(using: &generator) ?? "male"
                try await store.put(#"{"resourceType":"Patient","id":"\#(id)","gender":"\#(gender)"}"#)
                truth[id] = gender
            }
        }
        await store.settle()
        let expected = Dictionary(grouping: truth.values, by: { $0 }).mapValues(\.count)
        #expect(try GenderCounts.read(store) == expected)
        try await store.rebuild(projection: "gender_counts")
        await store.settle()
        #expect(try GenderCounts.read(store) == expected)
        let state = try #require(store.feed.projectionStates.first)
        #expect(state.sequence == state.head && state.failures == 0 && !state.isRebuilding)
        await store.close()
    }

    @Test("a failing projection is seen, loses nothing, and catches up")
    func failing() async throws {
        let projection = GenderCounts()
        let store = try memoryStore(projections: [projection])
        projection.failing.isOn.withLock { $0 = true }
        try await store.put(#"{"resourceType":"Patient","id":"a","gender":"male"}"#)
        await store.settle()
        let state = try #require(store.feed.projectionStates.first)
        #expect(state.failures > 0 && state.lastError?.contains("Failure") == true && state.sequence == 0)
        #expect(try GenderCounts.read(store).isEmpty)
        projection.failing.isOn.withLock { $0 = false }
        while store.feed.projectionStates.first?.failures != 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try GenderCounts.read(store) == ["male": 1])
        await store.close()
    }

    @Test("a new revision rebuilds from zero, and the place survives a restart")
    func revision() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let first = try memoryStore(projections: [GenderCounts()], path: path)
            try await first.put(#"{"resourceType":"Patient","id":"a","gender":"male"}"#)
            await first.settle()
            await first.close()

            let second = try memoryStore(projections: [GenderCounts()], path: path)
            #expect(second.feed.projectionStates.first?.sequence == 1)
            #expect(try GenderCounts.read(second) == ["male": 1])
            await second.close()

            let third = try memoryStore(projections: [GenderCounts(revision: 2)], path: path)
            await third.settle()
            #expect(try GenderCounts.read(third) == ["male": 1])
            await third.close()
        }
    }

    @Test("rebuilding what is not there says what there is")
    func unknown() async throws {
        let store = try memoryStore(projections: [GenderCounts()])
        await #expect(throws: RecordsError.self) { try await store.rebuild(projection: "nothing") }
        await store.close()
    }
}
