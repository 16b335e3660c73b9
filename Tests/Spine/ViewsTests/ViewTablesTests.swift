import FHIR
import Foundation
import JSON
import Records
import SQL
import Testing
import Views

/// SplitMix64, so that a failing run can be repeated.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct ViewTablesTests {
    private static let names = """
        {"resourceType":"ViewDefinition","id":"names","name":"Names","status":"active","resource":"Patient","select":[
        {"column":[{"name":"id","path":"id"},{"name":"version","path":"meta.versionId"},
        {"name":"active","path":"active","type":"boolean"}]},
        {"forEach":"name","column":[{"name":"place","path":"%rowIndex","type":"integer"},{"name":"family","path":"family"},
        {"name":"given","path":"given","collection":true}]}]}
        """

    private func store() throws -> (RecordStore, ViewTables) {
        let definitions = try Definitions.r4()
        let tables = ViewTables(definitions: definitions)
        return (try RecordStore(RecordStoreOptions(), definitions: definitions, projections: [tables]), tables)
    }

    private func put(_ store: RecordStore, _ text: String) async throws {
        let document = try json(text)
        let key = ResourceKey(
            type: document.root["resourceType"]?.string ?? "", id: document.root["id"]?.string ?? "")
        _ = try await store.update(key, document)
    }

    /// The rows of the table `view_names`, sorted.
    private func kept(_ store: RecordStore) throws -> [String] {
        try store.readSQL { db in
            try db.query("SELECT \"id\", \"version\", \"active\", \"place\", \"family\", \"given\" FROM view_names") {
                row in
                (0..<6).map { row.textOrNil($0) ?? "null" }.joined(separator: "|")
            }
        }.sorted()
    }

    /// The rows of a run over all patients, in the same form.
    private func fresh(_ store: RecordStore) throws -> [String] {
        let compiled = try view(Self.names)
        var found: [String] = []
        for resource in try store.scan(type: "Patient", after: 0, limit: 10_000) {
            let text = ViewText(compiled, format: .ndjson)
            var body: [UInt8] = []
            text.append(try compiled.rows(of: resource.document.root), to: &body)
            for line in body.split(separator: UInt8(ascii: "\n")) {
                let row = try JSONDocument(parsing: Array(line)).root
                found.append(
                    ["id", "version", "active", "place", "family", "given"].map { name in
                        guard let value = row[JSONKey(name)], !value.isNull else { return "null" }
                        if let truth = value.bool { return truth ? "1" : "0" }
                        return value.string ?? String(decoding: value.rawText, as: UTF8.self)
                    }.joined(separator: "|"))
            }
        }
        return found.sorted()
    }

    private func hasTable(_ store: RecordStore) -> Bool { (try? kept(store)) != nil }

    @Test(
        "the table of a view equals a fresh run, whatever happened before and after it was stored",
        arguments: 0..<6 as Range<UInt64>)
    func equals(seed: UInt64) async throws {
        var generator = SeededGenerator(state: seed)
        let (store, tables) = try store()
        let start = Int.random(in: 0..<60, using: &generator)
        for step in 0..<120 {
            if step == start { try await put(store, Self.names) }
            if step == start + 20 {
                await store.settle()
                _ = try await ViewFilling(store, tables).step()
            }
            let id = "p\(Int.random(in: 0..<12, using: &generator))"
            if Int.random(in: 0..<5, using: &generator) == 0 {
                _ = try await store.delete(ResourceKey(type: "Patient", id: id))
                continue
            }
            let names = (0..<Int.random(in: 0..<3, using: &generator)).map {
                #"{"family":"f\#($0)","given":["g\#(step)"]}"#
            }
            let name = names.isEmpty ? "" : #","name":[\#(names.joined(separator: ","))]"#
            let truth = Bool.random(using: &generator)
            try await put(store, #"{"resourceType":"Patient","id":"\#(id)","active":\#(truth)\#(name)}"#)
        }
        await store.settle()
        try await ViewFilling(store, tables).finish()
        let expected = try fresh(store)
        #expect(!expected.isEmpty)
        #expect(try kept(store) == expected)
        try await store.rebuild(projection: tables.name)
        await store.settle()
        try await ViewFilling(store, tables).finish()
        #expect(try kept(store) == expected)
        await store.close()
    }

    @Test("deleting a ViewDefinition drops its table, changing it makes the table anew")
    func comesAndGoes() async throws {
        let (store, tables) = try store()
        try await put(store, #"{"resourceType":"Patient","id":"a","name":[{"family":"王"}]}"#)
        await store.settle()
        #expect(!hasTable(store))
        try await put(store, Self.names)
        await store.settle()
        try await ViewFilling(store, tables).finish()
        #expect(try kept(store).count == 1)
        try await put(store, Self.names.replacing(#""path":"family""#, with: #""path":"family.upper()""#))
        await store.settle()
        #expect(try kept(store).isEmpty)
        try await ViewFilling(store, tables).finish()
        #expect(try kept(store).count == 1)
        _ = try await store.delete(ResourceKey(type: "ViewDefinition", id: "names"))
        await store.settle()
        #expect(!hasTable(store))
        #expect(store.feed.projectionStates.first?.lastError == nil)
        await store.close()
    }

    @Test("a view that can't be run has no table, and the reason is kept")
    func spoiled() async throws {
        let (store, tables) = try store()
        try await put(store, Self.names.replacing(#""path":"family""#, with: #""path":"given""#))
        try await put(store, #"{"resourceType":"Patient","id":"a","name":[{"given":["一","二"]}]}"#)
        await store.settle()
        try await ViewFilling(store, tables).finish()
        let reason = try store.readSQL { db in try db.first("SELECT error FROM registered_views") { $0.text(0) } }
        #expect(reason?.contains("yields 2") == true)
        #expect(!hasTable(store))
        await store.close()
    }
}
