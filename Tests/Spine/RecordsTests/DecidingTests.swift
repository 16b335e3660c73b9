import FHIR
import JSON
import Records
import SQL
import Testing

/// The house's own work, decided inside of a transaction with its tables beside it.
@Suite("Writes decided in their transaction")
struct DecidingTests {
    private struct Fault: Error {}

    private func store() async throws -> RecordStore {
        let store = try memoryStore()
        _ = try await store.write(
            size: 1, beside: { db, _ in try db.createTable("own", columns: ["n INTEGER NOT NULL"], primaryKey: ["n"]) },
            deciding: { _ in [] })
        return store
    }

    private func patient(_ store: RecordStore, _ id: String, _ value: String = "1") throws -> ReadyWrite {
        try store.ready(
            json(#"{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"\#(value)"}]}"#),
            as: ResourceKey(type: "Patient", id: id))
    }

    private func count(_ store: RecordStore) throws -> Int64 {
        try store.readSQL { try $0.first("SELECT count(*) FROM own") { $0.int(0) } ?? 0 }
    }

    @Test("stand together with what is written beside them")
    func together() async throws {
        let store = try await store()
        let ready = try patient(store, "a")
        let outcomes = try await store.write(
            size: 1,
            beside: { db, outcomes in try db.execute("INSERT INTO own (n) VALUES (?)", .integer(Int64(outcomes.count)))
            },
            deciding: { _ in [ready] })
        #expect(outcomes.first??.created == true)
        #expect(try store.ids("Patient") == ["a"])
        #expect(try count(store) == 1)
    }

    @Test("fall together with what is written beside them")
    func fall() async throws {
        let store = try await store()
        let ready = try patient(store, "a")
        await #expect(throws: RecordsError.self) {
            _ = try await store.write(
                size: 1,
                beside: { db, _ in
                    try db.execute("INSERT INTO own (n) VALUES (1)")
                    throw Fault()
                }, deciding: { _ in [ready] })
        }
        #expect(try store.ids("Patient").isEmpty)
        #expect(try count(store) == 0)
        // The store goes on.
        _ = try await store.write(size: 1, deciding: { _ in [ready] })
        #expect(try store.ids("Patient") == ["a"])
    }

    @Test("leave the others of their group when one is refused")
    func refusal() async throws {
        let store = try await store()
        let works = try (0..<3).map { number in
            let ready = try patient(store, "p\(number)", "\(number)")
            return DecidedWork(
                size: 1, trace: nil,
                beside: { db, _ in try db.execute("INSERT INTO own (n) VALUES (?)", .integer(Int64(number))) },
                deciding: { _ throws in
                    if number == 1 { throw RecordsError(.conflict, "not this one") }
                    return [ready]
                })
        }
        let results = await store.write(inOrder: works)
        #expect(results.map { (try? $0.get()) != nil } == [true, false, true])
        #expect(try store.ids("Patient").sorted() == ["p0", "p2"])
        #expect(try count(store) == 2)
    }

    @Test("find what earlier ones of their group have written, and its numbers")
    func earlier() async throws {
        let store = try await store()
        let first = try patient(store, "a", "7")
        let second = try patient(store, "b", "8")
        let works = [
            DecidedWork(
                size: 1, trace: nil, beside: { _, _ in },
                deciding: { desk throws in
                    #expect(try desk.find(type: "Patient", query: "identifier=urn:x|7") == nil)
                    #expect(try desk.head() == 0)
                    return [first]
                }),
            DecidedWork(
                size: 1, trace: nil, beside: { _, _ in },
                deciding: { desk throws in
                    let key = ResourceKey(type: "Patient", id: "a")
                    let other = ResourceKey(type: "Patient", id: "b")
                    #expect(try desk.find(type: "Patient", query: "identifier=urn:x|7") == key)
                    #expect(try desk.current(key)?.versionID == 1)
                    #expect(try desk.current(other) == nil)
                    #expect(try desk.numbers(of: [key, other]) == [key: 1])
                    #expect(try desk.head() == 1)
                    return [second]
                }),
            DecidedWork(
                size: 1, trace: nil, beside: { _, _ in },
                deciding: { desk throws in
                    [store.ready(deleting: ResourceKey(type: "Patient", id: "a"))]
                }),
            DecidedWork(
                size: 1, trace: nil, beside: { _, _ in },
                deciding: { desk throws in
                    #expect(try desk.numbers(of: [ResourceKey(type: "Patient", id: "a")]).isEmpty)
                    #expect(try desk.current(ResourceKey(type: "Patient", id: "a")) == nil)
                    return []
                }),
        ]
        let results = await store.write(inOrder: works)
        #expect(results.allSatisfy { (try? $0.get()) != nil })
        #expect(try store.ids("Patient") == ["b"])
    }
}
