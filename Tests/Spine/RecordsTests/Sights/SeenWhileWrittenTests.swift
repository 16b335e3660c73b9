import Access
import FHIR
import JSON
import Records
import Testing

/// Reading by the rules beside the writer.
struct SeenWhileWrittenTests {
    /// The last of the visits ends, with it the care, and with both an observation is put of which the clinician must not learn.
    private static func turn(_ isInCare: Bool) throws -> JSONDocument {
        let visit = encounter("e", of: "p", at: "o0").replacing(
            "in-progress", with: isInCare ? "in-progress" : "cancelled")
        let found = observation("o", of: "p", by: "o1", code: isInCare ? "open" : "secret")
        let entries = [("Encounter/e", visit), ("Observation/o", found)].map { reference, resource in
            #"{"resource":\#(resource),"request":{"method":"PUT","url":"\#(reference)"}}"#
        }
        return try JSONDocument(
            parsing: Array(
                #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#.utf8))
    }

    @Test("nobody reads what came together with the end of their care, wherever the reading falls among the writes")
    func ends() async throws {
        try await withTemporaryFolder { folder in
            let store = try seenStore(path: folder + "/store.db")
            let rounds = 300
            try await store.put(#"{"resourceType":"Patient","id":"p"}"#)
            _ = try await store.process(bundle: try Self.turn(true))
            let o = key("Observation/o")
            let readers = (0..<3).map { _ in
                Task.detached { () -> Int in
                    var leaked = 0
                    while try store.read(o).versionID < rounds {
                        if let version = try? store.seen(.clinician("o0")).read(o),
                            String(decoding: version.json(), as: UTF8.self).contains("secret")
                        {
                            leaked += 1
                        }
                        await Task.yield()
                    }
                    return leaked
                }
            }
            for round in 1..<rounds { _ = try await store.process(bundle: try Self.turn(round % 2 == 0)) }
            for reader in readers { #expect(try await reader.value == 0) }
            // The last one was secret; the next is open again.
            #expect(throws: RecordsError.self) { try store.seen(.clinician("o0")).read(o) }
            _ = try await store.process(bundle: try Self.turn(true))
            #expect(try store.seen(.clinician("o0")).read(o).versionID == rounds + 1)
            await store.close()
        }
    }
}
