import FHIR
import Foundation
import JSON
import Records
import SQL
import Synchronization
import Testing

/// Copies, backups and restores, between every two databases that are there.
@Suite struct CopyTests {
    enum Kind: String, CaseIterable { case sqlite, postgreSQL }

    static let isPostgreSQLThere = ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] != nil
    static let pairs: [(Kind, Kind)] =
        isPostgreSQLThere
        ? [(.sqlite, .postgreSQL), (.postgreSQL, .sqlite), (.sqlite, .sqlite)] : [(.sqlite, .sqlite)]

    private func location(_ kind: Kind, _ folder: String, _ name: String) throws -> RecordDatabase {
        switch kind {
        case .sqlite: .sqlite(path: "\(folder)/\(name).db")
        case .postgreSQL: .postgreSQL(try TestStores.address("\(folder)/\(name)"))
        }
    }

    private func open(
        _ location: RecordDatabase, clock: TestClock = TestClock(), acceptsCopy: Bool = false
    ) throws -> RecordStore {
        var options = RecordStoreOptions(database: location, now: { clock.now })
        options.acceptsCopy = acceptsCopy
        return try RecordStore(options, definitions: try Definitions.r4())
    }

    /// Patients that come, change, go and come again, some of them in one commit.
    private func fill(_ store: RecordStore, _ clock: TestClock, rounds: Int = 12) async throws {
        for round in 0..<rounds {
            clock.advance(milliseconds: 977)
            for number in 0..<5 {
                try await store.put(
                    """
                    {"resourceType":"Patient","id":"p\(number)","meta":{"tag":[{"code":"r\(round)"}]},\
                    "name":[{"text":"王\(round)"}],"birthDate":"19\(60 + round)-01-01"}
                    """)
            }
            try await store.put(
                #"{"resourceType":"Observation","id":"o\#(round)","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p\#(round % 5)"},"valueQuantity":{"value":\#(round).50}}"#
            )
            if round % 3 == 2 { _ = try await store.delete(ResourceKey(type: "Patient", id: "p\(round % 5)")) }
        }
    }

    /// All that a reader can tell of a store.
    private func told(_ store: RecordStore) throws -> [String] {
        var lines: [String] = []
        for type in ["Patient", "Observation"] {
            for id in 0..<12 {
                let key = ResourceKey(type: type, id: "\(type == "Patient" ? "p" : "o")\(id)")
                guard let page = try? store.history(.instance(key), HistoryQuery()) else { continue }
                lines += page.versions.map {
                    "\($0.sequence) \($0.key) \($0.versionID) \($0.lastUpdated) " + text($0.json())
                }
            }
        }
        for query in [
            "Patient?name=王11", "Patient?birthdate=ge1965", "Observation?subject=Patient/p1", "Patient?_tag=r11",
        ] {
            lines.append(query + " " + (try store.ids(query)).sorted().joined(separator: ","))
        }
        lines += try store.status().resourceCounts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return lines
    }

    @Test("a copy has the same history, feed, search and counts, and goes on from there", arguments: pairs)
    func copy(from: Kind, to: Kind) async throws {
        try await withTemporaryFolder { folder in
            let (clock, source) = (TestClock(), try location(from, folder, "from"))
            let first = try open(source, clock: clock)
            try await fill(first, clock)
            let before = try told(first)
            #expect(before.contains { $0.hasPrefix("Patient?name=王11 p") })
            await first.close()

            let target = try location(to, folder, "to")
            let second = try open(target, acceptsCopy: true)
            let feed = try StoreFeed(source)
            let summary = try await FeedCopy.copy(feed, into: second)
            feed.close()
            #expect(Set(try told(second)).symmetricDifference(before) == [])
            #expect(summary.sequence == 76)
            // One that was stopped after its last step is found whole.
            let again = try StoreFeed(source)
            #expect(try await FeedCopy.copy(again, into: second).digest == summary.digest)
            await second.close()

            let third = try open(target, clock: clock)
            let next = try await third.put(#"{"resourceType":"Patient","id":"p1","active":true}"#)
            #expect(next.version.sequence == 77)
            // A store that holds something else is not filled.
            await #expect(throws: RecordsError.self) { try await FeedCopy.copy(again, into: third) }
            again.close()
            await third.close()
        }
    }

    /// A source that is cut off behind a place.
    struct Broken: FeedSource {
        struct Cut: Error {}
        let feed: any FeedSource
        let at: Int64
        func head() throws -> Int64 { try feed.head() }
        func versions(after place: Int64, through end: Int64) throws -> [FeedVersion] {
            if place >= at { throw Cut() }
            return try feed.versions(after: place, through: min(end, at))
        }
    }

    @Test(
        "an interrupted copy is opened by nobody, goes on where it stood, and by its own source alone", arguments: pairs
    )
    func resumed(from: Kind, to: Kind) async throws {
        try await withTemporaryFolder { folder in
            let (clock, source) = (TestClock(), try location(from, folder, "from"))
            let first = try open(source, clock: clock)
            try await fill(first, clock)
            let before = try told(first)
            await first.close()
            let other = try location(.sqlite, folder, "other")
            let stranger = try open(other, clock: clock)
            try await fill(stranger, clock)
            await stranger.close()

            let target = try location(to, folder, "to")
            let feed = try StoreFeed(source)
            let cut = try open(target, acceptsCopy: true)
            await #expect(throws: RecordsError.self) {
                try await FeedCopy.copy(Broken(feed: feed, at: 30), into: cut)
            }
            await cut.close()
            #expect(throws: RecordsError.self) { try open(target) }

            let resumed = try open(target, acceptsCopy: true)
            #expect(try resumed.status().sequence == 30)
            let strange = try StoreFeed(other)
            await #expect(throws: RecordsError.self) { try await FeedCopy.copy(strange, into: resumed) }
            strange.close()
            let stages = Mutex<Set<String>>([])
            _ = try await FeedCopy.copy(feed, into: resumed) { stage, _, _ in
                stages.withLock { _ = $0.insert("\(stage)") }
            }
            #expect(stages.withLock { $0 } == ["resuming", "copying", "verifying"])
            #expect(Set(try told(resumed)).symmetricDifference(before) == [])
            await resumed.close()
            feed.close()
            await (try open(target)).close()
        }
    }

    @Test("a backup taken while others write is one point of the feed, and fills either database", arguments: pairs)
    func backup(from: Kind, to: Kind) async throws {
        try await withTemporaryFolder { folder in
            let (clock, source) = (TestClock(), try location(from, folder, "from"))
            let store = try open(source, clock: clock)
            try await fill(store, clock)
            let path = "\(folder)/backup.feed.zst"
            async let writing: Void = fill(store, clock, rounds: 20)
            let feed = try StoreFeed(source)
            let summary = try FeedArchive.write(feed, to: path)
            try await writing
            #expect(summary.sequence >= 76)
            #expect(try store.status().sequence >= summary.sequence)

            let archive = try ArchiveFeed(path)
            #expect(archive.summary == summary)
            let restored = try open(location(to, folder, "to"), acceptsCopy: true)
            let filled = try await FeedCopy.copy(archive, into: restored)
            #expect(filled == summary)
            await restored.close()
            let copy = try StoreFeed(location(to, folder, "to"))
            #expect(
                try copy.versions(after: 0, through: .max) == feed.versions(after: 0, through: summary.sequence))
            copy.close()
            feed.close()
            await store.close()
        }
    }

    @Test("a backup that is cut off or damaged is refused, and fills nothing")
    func damaged() async throws {
        try await withTemporaryFolder { folder in
            let (clock, source) = (TestClock(), RecordDatabase.sqlite(path: "\(folder)/from.db"))
            let store = try open(source, clock: clock)
            try await fill(store, clock)
            await store.close()
            let path = "\(folder)/backup"
            let feed = try StoreFeed(source)
            _ = try FeedArchive.write(feed, to: path)
            feed.close()
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            for count in [0, 10, whole.count / 2, whole.count - 1] {
                try whole.prefix(count).write(to: URL(fileURLWithPath: path))
                #expect(throws: RecordsError.self) { try ArchiveFeed(path) }
            }
            var bent = whole
            bent[whole.count / 2] ^= 0xFF
            try bent.write(to: URL(fileURLWithPath: path))
            let archive = try ArchiveFeed(path)
            let target = try open(.sqlite(path: "\(folder)/to.db"), acceptsCopy: true)
            await #expect(throws: RecordsError.self) { try await FeedCopy.copy(archive, into: target) }
            await target.close()
            #expect(throws: RecordsError.self) { try open(.sqlite(path: "\(folder)/to.db")) }
            #expect(throws: RecordsError.self) { try StoreFeed(.sqlite(path: "\(folder)/nothing.db")) }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/nothing.db"))
        }
    }
}
