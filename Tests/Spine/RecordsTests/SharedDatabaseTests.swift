import FHIR
import Foundation
import JSON
import Records
import SQL
import Synchronization
import Testing

/// Notes every place of the feed that it is given.
private struct Places: Projection {
    let name = "places"
    let revision = 1

    func createTables(_ db: SQLConnection) throws {
        try db.createTable("places_seen", columns: ["place INTEGER NOT NULL"], primaryKey: ["place"])
    }

    func dropTables(_ db: SQLConnection) throws { try db.run(script: "DROP TABLE IF EXISTS places_seen") }

    func apply(_ changes: [Change], _ db: SQLConnection) throws {
        for change in changes {
            // A place given twice breaks the key, and the projection fails.
            try db.execute("INSERT INTO places_seen (place) VALUES (?)", .integer(change.sequence))
        }
    }

    static func read(_ store: RecordStore) throws -> [Int64] {
        try store.readSQL { db in try db.query("SELECT place FROM places_seen ORDER BY place") { $0.int(0) } }
    }
}

/// Several servers on one PostgreSQL database.
@Suite(
    .enabled(
        if: TestStores.hasPostgreSQL, "PostgreSQL is there when Scripts/with-postgres runs the tests"), .serialized)
struct SharedDatabaseTests {
    private func stores(_ count: Int, _ projections: [any Projection] = []) throws -> (
        [RecordStore], PostgreSQLAddress
    ) {
        let address = try TestStores.address(UUID().uuidString)
        let definitions = try Definitions.r4()
        let stores = try (0..<count).map { _ in
            try RecordStore(
                RecordStoreOptions(database: .postgreSQL(address)), definitions: definitions, projections: projections)
        }
        return (stores, address)
    }

    private func wait(_ what: String, until holds: () throws -> Bool) async throws {
        for _ in 0..<300 {
            if try holds() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("waited in vain until \(what)")
    }

    /// Every order in which three transactions may begin, and every choice of those that are undone.
    private static let scenarios: [(order: [Int], undone: Set<Int>)] = {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let choices: [Set<Int>] = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2]]
        return orders.flatMap { order in choices.map { (order, $0) } }
    }()

    @Test("a search parameter that one server takes is known to the others, and their writes are found by it")
    func parameters() async throws {
        let (stores, _) = try stores(2)
        try await stores[0].put(CustomParameterTests.patient("a", #"valueString:"x""#))
        try await stores[0].put(
            CustomParameterTests.parameter(
                "p", code: "own", "string", on: ["Patient"], "Patient.extension('http://example.org/ext').value"))
        // At once: the other server may not have heard of it.
        try await stores[1].put(CustomParameterTests.patient("b", #"valueString:"x""#))
        try await wait("both servers can search by it") { stores.allSatisfy { $0.addedParameters.count == 1 } }
        #expect(try stores[0].ids("Patient?own=x") == ["a", "b"])
        #expect(try stores[1].ids("Patient?own=x") == ["a", "b"])
        _ = try await stores[1].delete(ResourceKey(type: "SearchParameter", id: "p"))
        try await wait("nobody knows it any more") { stores.allSatisfy { $0.addedParameters.isEmpty } }
        try await wait("its rows are gone") {
            try stores[0].readSQL { db in
                try db.first("SELECT count(*) FROM custom_parameter") { $0.int(0) } == 0
                    && db.first("SELECT count(*) FROM index_string WHERE param >= 16384") { $0.int(0) } == 0
            }
        }
        for store in stores { await store.close() }
    }

    @Test("the feed skips nothing, whatever the order in which open transactions end")
    func gapFree() async throws {
        struct Undone: Error {}
        let (stores, address) = try stores(1, [Places()])
        let store = stores[0]
        let writers = try (0..<3).map { _ in try PostgreSQLDatabase(address) }
        for (number, (order, undone)) in Self.scenarios.enumerated() {
            await withTaskGroup(of: Void.self) { group in
                for (delay, writer) in order.enumerated() {
                    let database = writers[writer]
                    let isUndone = undone.contains(writer)
                    group.addTask {
                        try? await Task.sleep(for: .milliseconds(delay))
                        await Self.onThread {
                            try? database.write { db in
                                for _ in 0..<2 { try Self.writeVersion(db) }
                                // Held open while the feed is read.
                                Thread.sleep(forTimeInterval: 0.003)
                                if isUndone { throw Undone() }
                            }
                        }
                    }
                }
                group.addTask {
                    _ = try? await store.put(
                        #"{"resourceType":"Patient","id":"beside","multipleBirthInteger":\#(number)}"#)
                }
            }
        }
        let head = try store.readSQL { db in try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0 }
        #expect(head > Int64(Self.scenarios.count * 2))
        try await wait("the projection has come to the end") { try store.status().projections[0].sequence == head }
        #expect(try Places.read(store) == Array(1...head))
        #expect(try store.status().projections[0].failures == 0)
        for writer in writers { try writer.close() }
        await store.close()
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                body()
                continuation.resume()
            }
        }
    }

    /// A delete of something that never was: a version that needs no body.
    private static func writeVersion(_ db: SQLConnection) throws {
        let next = try db.first(
            "SELECT (SELECT max(sequence) FROM version), (SELECT max(rid) FROM resource), (SELECT max(at) FROM version)"
        ) { ($0.int(0) + 1, $0.int(1) + 1, $0.int(2)) }
        guard let (sequence, rid, at) = next else { return }
        try db.execute(
            "INSERT INTO resource (rid, type, shard, sequence, alive, id) VALUES (?, 1, 0, ?, 0, ?)", .integer(rid),
            .integer(sequence), .blob(Array("raw-\(rid)".utf8) + [0]))
        try db.execute(
            """
            INSERT INTO version (sequence, rid, number, type, shard, verb, at, dictionary, splice, body)
            VALUES (?, ?, 1, 1, 0, 2, ?, 0, 0, ?)
            """, .integer(sequence), .integer(rid), .integer(at), .blob([]))
    }

    @Test("what one server writes the other finds, with its codes, its dictionary of terms and its feed")
    func together() async throws {
        let (stores, _) = try stores(2, [Places()])
        try await stores[0].put(
            #"{"resourceType":"Observation","id":"a","status":"final","code":{"coding":[{"system":"urn:s","code":"only-there"}]}}"#
        )
        #expect(try stores[1].ids("Observation?code=urn:s|only-there") == ["a"])
        try await stores[1].put(
            #"{"resourceType":"Observation","id":"b","status":"final","code":{"coding":[{"system":"urn:s","code":"only-there"}]}}"#
        )
        #expect(try stores[0].ids("Observation?code=only-there") == ["a", "b"])
        for store in stores {
            try await wait("both servers tell where the projection stands") {
                let state = try store.status().projections[0]
                return state.sequence == 2 && state.head == 2
            }
        }
        for store in stores { await store.close() }
    }

    @Test("writers on two servers keep one order, and conditional creates make no duplicate")
    func concurrently() async throws {
        let (stores, _) = try stores(2, [Places()])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                let store = stores[number % 2]
                group.addTask {
                    _ = try? await store.put(
                        #"{"resourceType":"Patient","id":"p\#(number / 4)","multipleBirthInteger":\#(number)}"#)
                    let body = try? json(
                        #"{"resourceType":"Patient","identifier":[{"system":"urn:i","value":"\#(number / 6)"}]}"#)
                    guard let body else { return }
                    _ = try? await store.create(type: "Patient", body, ifNoneExist: "identifier=urn:i|\(number / 6)")
                }
            }
        }
        for number in 0..<10 { #expect(try stores[0].ids("Patient?identifier=urn:i|\(number)").count == 1) }
        #expect(try stores[0].status().resourceCounts["Patient"] == 25)
        let (count, head) = try stores[0].readSQL { db in
            try db.first("SELECT count(*), max(sequence) FROM version") { ($0.int(0), $0.int(1)) } ?? (0, 0)
        }
        #expect(count == head && head == 70)
        try await wait("the projection has come to the end") { try stores[1].status().projections[0].sequence == head }
        #expect(try Places.read(stores[1]) == Array(1...head))
        for store in stores { await store.close() }
    }

    @Test("when the leader goes, another server leads its projections on")
    func handOver() async throws {
        let (stores, _) = try stores(2, [Places()])
        try await stores[0].put(#"{"resourceType":"Patient","id":"a"}"#)
        try await wait("the first change is taken in") { try Places.read(stores[1]) == [1] }
        await stores[0].close()
        try await stores[1].put(#"{"resourceType":"Patient","id":"b"}"#)
        try await wait("the second change is taken in") { try Places.read(stores[1]) == [1, 2] }
        await stores[1].close()
    }

    @Test("every row of a person carries the person's shard, and goes along when the person changes")
    func shards() async throws {
        let (stores, _) = try stores(1)
        let store = stores[0]
        func observation(of patient: String) -> String {
            #"{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"code":"c"}]},"subject":{"reference":"Patient/\#(patient)"},"effectiveDateTime":"2026-01-01","valueQuantity":{"value":1}}"#
        }
        func shardsOfObservation() throws -> Set<Int64> {
            try store.readSQL { db in
                guard
                    let rid = try db.first(
                        "SELECT r.rid FROM resource r JOIN resource_type t ON t.id = r.type WHERE t.name = 'Observation'",
                        map: { $0.int(0) })
                else { return [] }
                var found: Set<Int64> = []
                for table in [
                    "resource", "version", "index_token", "index_reference", "index_date", "index_quantity",
                ] {
                    let shards = try db.query("SELECT shard FROM \(table) WHERE rid = ?", [.integer(rid)]) { $0.int(0) }
                    #expect(!shards.isEmpty, "\(table)")
                    found.formUnion(shards)
                }
                return found
            }
        }
        try await store.put(#"{"resourceType":"Patient","id":"first"}"#)
        try await store.put(#"{"resourceType":"Organization","id":"org","name":"卫生院"}"#)
        try await store.put(observation(of: "first"))
        let first = PersonShard.of(patientID: "first")
        let second = PersonShard.of(patientID: "second")
        #expect(first != second && (1...4096).contains(first))
        #expect(try shardsOfObservation() == [first])
        try await store.put(observation(of: "second"))
        #expect(try shardsOfObservation() == [second])
        #expect(try store.ids("Observation?subject=Patient/second") == ["o"])
        #expect(try store.ids("Observation?subject=Patient/first") == [])
        let reference = try store.readSQL { db in
            try db.query(
                "SELECT r.shard FROM resource r JOIN resource_type t ON t.id = r.type WHERE t.name = 'Organization'"
            ) { $0.int(0) }
        }
        #expect(reference == [0])
        await store.close()
    }
}
