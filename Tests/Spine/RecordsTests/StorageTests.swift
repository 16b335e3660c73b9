import JSON
import Records
import SQL
import Testing

@Suite struct StorageTests {
    @Test("a store that is opened again has everything: versions, ids, search, order")
    func reopen() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let first = try memoryStore(path: path)
            for number in 0..<30 {
                try await first.put(
                    #"{"resourceType":"Patient","id":"018f0000-0000-7000-8000-0000000000\#(number + 10)","name":[{"text":"王\#(number)"}]}"#
                )
            }
            _ = try await first.delete(ResourceKey(type: "Patient", id: "018f0000-0000-7000-8000-000000000010"))
            await first.close()

            let second = try memoryStore(path: path)
            #expect(try second.status().sequence == 31)
            #expect(try second.ids("Patient?name=王7") == ["018f0000-0000-7000-8000-000000000017"])
            #expect(try second.search(type: "Patient", parameters: [("_summary", "count")]).total == 29)
            let next = try await second.put(#"{"resourceType":"Patient","id":"after"}"#)
            #expect(next.version.sequence == 32)
            await second.close()
        }
    }

    @Test(
        "ids of every kind come back as they were",
        arguments: [
            "a", "A-b.9", "018f0000-0000-7000-8000-000000000010", "018F0000-0000-7000-8000-000000000010",
            "fifteen-letters", "sixteen--letters", String(repeating: "x", count: 64),
        ])
    func ids(id: String) async throws {
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"\#(id)"}"#)
        #expect(try store.ids("Patient") == [id])
        #expect(try store.read(ResourceKey(type: "Patient", id: id)).key.id == id)
        #expect(try store.history(.system, HistoryQuery()).versions.first?.key.id == id)
    }

    @Test("bodies stay readable when a dictionary has been trained")
    func dictionary() async throws {
        let store = try memoryStore()
        for chunk in 0..<14 {
            let entries = (0..<250).map { index in
                let id = chunk * 250 + index
                return
                    #"{"resource":{"resourceType":"Patient","id":"p\#(id)","name":[{"family":"王","given":["第\#(id)"]}],"birthDate":"1970-01-01","gender":"female"},"request":{"method":"PUT","url":"Patient/p\#(id)"}}"#
            }
            _ = try await store.process(
                bundle: json(
                    #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#))
        }
        try await Task.sleep(for: .milliseconds(300))
        for id in stride(from: 0, to: 3500, by: 97) {
            let document = try JSONDocument(parsing: store.read(ResourceKey(type: "Patient", id: "p\(id)")).json())
            #expect(document.root["name"]?[0]?["given"]?[0]?.string == "第\(id)")
        }
        await store.close()
    }

    @Test("refuses a store of another layout instead of misreading it")
    func layout() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let store = try memoryStore(path: path)
            await store.close()
            try StoredTables(path).execute("UPDATE setting SET value = '99' WHERE name = 'revision'")
            #expect(throws: RecordsError.self) { try memoryStore(path: path) }
        }
    }

    @Test("a damaged body refuses the job that needs it, whole, and no other")
    func damaged() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/store.db"
            let first = try memoryStore(path: path)
            try await first.put(#"{"resourceType":"Patient","id":"broken","active":true}"#)
            await first.close()
            try StoredTables(path).execute("UPDATE version SET body = ?", .blob([0]))

            let store = try memoryStore(path: path)
            let bundle = try json(
                #"{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","id":"new"},"request":{"method":"PUT","url":"Patient/new"}},{"resource":{"resourceType":"Patient","id":"broken","active":false},"request":{"method":"PUT","url":"Patient/broken"}}]}"#
            )
            await #expect(throws: RecordsError.self) { try await store.process(bundle: bundle) }
            #expect(throws: RecordsError.self) { try store.read(ResourceKey(type: "Patient", id: "new")) }
            try await store.put(#"{"resourceType":"Patient","id":"other"}"#)
            #expect(try store.status().sequence == 2)
            await store.close()
        }
    }
}
