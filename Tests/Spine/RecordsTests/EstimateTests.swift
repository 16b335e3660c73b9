import FHIR
import Records
import Testing

@Suite("_total=estimate")
struct EstimateTests {
    @Test("is exact for few matches, and near for many")
    func near() async throws {
        let store = try memoryStore()
        var entries: [String] = []
        for number in 0..<15_000 {
            entries.append(
                #"{"resource":{"resourceType":"Basic","id":"b\#(number)","code":{"text":"x"}"#
                    + (number % 2 == 0 ? #","created":"2026-01-02""# : "")
                    + #"},"request":{"method":"PUT","url":"Basic/b\#(number)"}}"#)
        }
        let bundle = #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#
        _ = try await store.process(bundle: json(bundle))
        func total(_ query: [(String, String)]) throws -> Int? {
            try store.search(type: "Basic", parameters: query + [("_total", "estimate"), ("_count", "5")]).total
        }
        #expect(try total([("_id", "b1,b2")]) == 2)
        #expect(try total([]) == 15_000)
        let estimate = try #require(try total([("created:missing", "false")]))
        #expect((6500...8500).contains(estimate))
        await store.close()
    }
}
