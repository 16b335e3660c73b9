import Access
import JSON
import Records
import Testing

/// The tables of access are made for stores that are older than these.
@Suite struct LabelUpkeepTests {
    private static func labelled(_ store: RecordStore, _ subject: Subject) async throws -> SeenRecords {
        for _ in 0..<400 {
            do throws(RecordsError) {
                return store.seen(by: try store.sight(of: subject, now: SightWorld.start), trace: AccessTrace(.init()))
            } catch {
                guard error.category == .unavailable else { throw error }
                try await Task.sleep(for: .milliseconds(25))
            }
        }
        throw RecordsError(.internal, "The store was not labelled in time.")
    }

    private static func fill(_ store: RecordStore) async throws {
        for number in 0..<700 {
            let patient = number % 2 == 0 ? "a" : "b"
            try await store.put(observation("n\(number)", of: patient))
        }
        // It comes after what depends on it.
        try await store.put(
            #"{"resourceType":"Provenance","id":"early","target":[{"reference":"Observation/late"}]}"#)
        try await store.put(observation("late", of: "a"))
        try await store.put(#"{"resourceType":"Patient","id":"a"}"#)
        try await store.put(observation("lost", of: "a"))
        _ = try await store.delete(key("Observation/lost"))
    }

    private static func check(_ seen: SeenRecords) throws {
        let page = try seen.search(
            type: "Observation", parameters: [("_total", "accurate"), ("_count", "1")])
        #expect(page.total == 351)
        #expect(try seen.read(key("Provenance/early")).versionID == 1)
        #expect(throws: RecordsError.self) { try seen.read(key("Observation/n1")) }
        do throws(RecordsError) {
            _ = try seen.read(key("Observation/lost"))
            Issue.record("what is deleted was read")
        } catch { #expect(error.category == .gone) }
    }

    @Test("an older store refuses to be seen until all of it is labelled")
    func older() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let open = try memoryStore(path: path)
            try await Self.fill(open)
            #expect(throws: RecordsError.self) { try open.sight(of: .resident("a"), now: SightWorld.start) }
            await open.close()
            let store = try seenStore(path: path)
            try Self.check(try await Self.labelled(store, .resident("a")))
            await store.close()
            // From now on labels are kept, however it is opened.
            let again = try memoryStore(path: path)
            try await again.put(observation("n0", of: "b"))
            await again.close()
            let last = try seenStore(path: path)
            #expect(throws: RecordsError.self) { try last.seen(.resident("a")).read(key("Observation/n0")) }
            #expect(try last.seen(.resident("b")).read(key("Observation/n0")).versionID == 2)
            await last.close()
        }
    }

    @Test("labelling goes on where it was interrupted, and takes nothing twice")
    func resumed() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let first = try seenStore(path: path)
            try await Self.fill(first)
            await first.close()
            for table in ["access_label", "access_dependency"] {
                try StoredTables(path).execute("DELETE FROM \(table) WHERE rid > 300")
            }
            try StoredTables(path).execute("UPDATE setting SET value = '300 100000' WHERE name = 'access'")
            let store = try seenStore(path: path)
            try Self.check(try await Self.labelled(store, .resident("a")))
            await store.close()
        }
    }
}
