import FHIR
import JSON
import Records
import Testing

/// FHIR R4, http.html: read, vread, create, update, delete and their conditions.
@Suite struct InteractionTests {
    @Test("a created resource gets an id, version 1 and the time, and keeps its text otherwise")
    func create() async throws {
        let store = try memoryStore()
        let body = try json(
            #"{"resourceType":"Observation","status":"final","code":{"text":"身高"},"valueQuantity":{"value":1.70}}"#)
        let outcome = try await store.create(type: "Observation", body)
        #expect(outcome.created)
        let read = try store.read(outcome.version.key)
        #expect(
            text(read.json())
                == #"{"id":"new-1","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z"},"resourceType":"Observation","status":"final","code":{"text":"身高"},"valueQuantity":{"value":1.70}}"#
        )
        await store.close()
    }

    @Test("meta keeps its other members beside version and time")
    func metaKept() async throws {
        let store = try memoryStore()
        try await store.put(
            #"{"resourceType":"Patient","id":"a","meta":{"versionId":"9","source":"urn:x","lastUpdated":"2020-01-01T00:00:00Z"}}"#
        )
        #expect(
            text(try store.read(ResourceKey(type: "Patient", id: "a")).json())
                == #"{"resourceType":"Patient","id":"a","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z","source":"urn:x"}}"#
        )
    }

    @Test("an update makes a new version, and the old one can still be read")
    func update() async throws {
        let clock = TestClock()
        let store = try memoryStore(clock: clock)
        let key = ResourceKey(type: "Patient", id: "a")
        #expect(try await store.put(#"{"resourceType":"Patient","id":"a","gender":"male"}"#).created)
        clock.advance(milliseconds: 1500)
        let second = try await store.put(#"{"resourceType":"Patient","id":"a","gender":"female"}"#)
        #expect(!second.created && second.version.versionID == 2)
        #expect(text(try store.version(key, 1).json()).contains("\"male\""))
        #expect(text(try store.version(key, 2).json()).contains("2026-01-01T00:00:01.500Z"))
        #expect(throws: RecordsError.self) { try store.version(key, 3) }
    }

    @Test("the same content again makes no new version")
    func unchanged() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"a","active":true}"#)
        let again = try await store.put(#"{ "resourceType" : "Patient", "id":"a", "active":true}"#)
        #expect(!again.changed && again.version.versionID == 1)
    }

    @Test("a deleted resource is gone, its versions stay, and it can come back")
    func delete() async throws {
        let store = try memoryStore()
        let key = ResourceKey(type: "Patient", id: "a")
        try await store.put(#"{"resourceType":"Patient","id":"a","name":[{"family":"王"}]}"#)
        #expect(try await store.delete(key)?.version.versionID == 2)
        #expect(try await store.delete(key) == nil)
        #expect(throws: RecordsError.self) { try store.read(key) }
        do { _ = try store.read(key) } catch { #expect(error.category == .gone) }
        #expect(try store.ids("Patient?name=王") == [])
        #expect(text(try store.version(key, 1).json()).contains("王"))
        let back = try await store.put(#"{"resourceType":"Patient","id":"a"}"#)
        #expect(back.created && back.version.versionID == 3)
        #expect(try store.history(.instance(key), HistoryQuery()).versions.map(\.versionID) == [3, 2, 1])
    }

    @Test("what never was is not found")
    func notFound() throws {
        let store = try memoryStore()
        do {
            _ = try store.read(ResourceKey(type: "Patient", id: "nobody"))
            Issue.record("it was found")
        } catch {
            #expect(error.category == .notFound)
        }
    }

    @Test("If-Match refuses a version that no longer stands")
    func ifMatch() async throws {
        let store = try memoryStore()
        let key = ResourceKey(type: "Patient", id: "a")
        try await store.put(#"{"resourceType":"Patient","id":"a"}"#)
        let body = try json(#"{"resourceType":"Patient","id":"a","active":true}"#)
        await #expect(throws: RecordsError.self) { try await store.update(key, body, ifMatch: 7) }
        #expect(try await store.update(key, body, ifMatch: 1).version.versionID == 2)
        do {
            _ = try await store.delete(key, ifMatch: 1)
            Issue.record("a stale delete went through")
        } catch {
            #expect(error.category == .preconditionFailed)
        }
    }

    @Test(
        "a wrong body is refused with what is wrong",
        arguments: [
            (#"{"resourceType":"Patient","id":"a","colour":"red"}"#, RecordsError.Category.unprocessable),
            (#"{"resourceType":"Patient","id":"a","gender":"m"}"#, .unprocessable),
            (#"{"resourceType":"Group","id":"a"}"#, .invalid),
            (#"{"resourceType":"Patient","id":"b"}"#, .invalid),
            (#"{"resourceType":"Patient"}"#, .invalid),
            (#"["Patient"]"#, .invalid),
        ])
    func refused(body: String, category: RecordsError.Category) async throws {
        let store = try memoryStore()
        do {
            _ = try await store.update(ResourceKey(type: "Patient", id: "a"), try json(body))
            Issue.record("it was taken")
        } catch let error as RecordsError {
            #expect(error.category == category)
            #expect(error.issues.allSatisfy { !$0.diagnostics.isEmpty })
        }
        #expect(try store.status().sequence == 0)
    }

    @Test("a conditional create finds what is there, and makes what is not")
    func conditionalCreate() async throws {
        let store = try memoryStore()
        let body = try json(#"{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"1"}]}"#)
        let first = try await store.create(type: "Patient", body, ifNoneExist: "identifier=urn:s|1")
        let second = try await store.create(type: "Patient", body, ifNoneExist: "identifier=urn:s|1")
        #expect(first.created && !second.created && !second.changed)
        #expect(first.version.key == second.version.key)
        #expect(try store.search(type: "Patient", parameters: [("_summary", "count")]).total == 1)
    }

    @Test("concurrent conditional creates make one resource", arguments: 0..<5)
    func concurrentConditionalCreate(round: Int) async throws {
        let store = try memoryStore()
        let body = try json(#"{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"\#(round)"}]}"#)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try await store.create(type: "Patient", body, ifNoneExist: "identifier=urn:s|\(round)").created
                }
            }
            var created = 0
            for try await isNew in group where isNew { created += 1 }
            #expect(created == 1)
        }
    }

    @Test("a conditional update that matches several is refused")
    func conditionalUpdate() async throws {
        let store = try memoryStore()
        let body = try json(#"{"resourceType":"Patient","gender":"male"}"#)
        let first = try await store.conditionalUpdate(type: "Patient", query: "gender=male", body)
        #expect(first.created)
        let second = try await store.conditionalUpdate(
            type: "Patient", query: "gender=male",
            try json(#"{"resourceType":"Patient","gender":"male","active":true}"#))
        #expect(!second.created && second.version.key == first.version.key)
        try await store.put(#"{"resourceType":"Patient","id":"other","gender":"male"}"#)
        do {
            _ = try await store.conditionalUpdate(type: "Patient", query: "gender=male", body)
            Issue.record("it was taken")
        } catch {
            #expect(error.category == .multipleMatches)
        }
    }

    @Test("a conditional delete takes the one that matches")
    func conditionalDelete() async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"a","gender":"male"}"#)
        try await store.put(#"{"resourceType":"Patient","id":"b","gender":"female"}"#)
        #expect(try await store.conditionalDelete(type: "Patient", query: "gender=male").count == 1)
        #expect(try await store.conditionalDelete(type: "Patient", query: "gender=male").isEmpty)
        #expect(try store.ids("Patient") == ["b"])
    }

    @Test("histories of a type and of everything page newest first and count")
    func history() async throws {
        let clock = TestClock()
        let store = try memoryStore(clock: clock)
        for round in 0..<5 {
            try await store.put(#"{"resourceType":"Patient","id":"p\#(round)"}"#)
            try await store.put(#"{"resourceType":"Group","id":"g\#(round)","type":"person","actual":true}"#)
            clock.advance(milliseconds: 1000)
        }
        let first = try store.history(.type("Patient"), HistoryQuery(count: 3))
        #expect(first.total == 5 && first.versions.map(\.key.id) == ["p4", "p3", "p2"])
        let rest = try store.history(.type("Patient"), HistoryQuery(count: 3, cursor: first.next))
        #expect(rest.versions.map(\.key.id) == ["p1", "p0"] && rest.next == nil)
        #expect(try store.history(.system, HistoryQuery()).total == 10)
        let since = try store.history(.system, HistoryQuery(since: clock.now - 2000))
        #expect(since.total == 4)
    }
}
