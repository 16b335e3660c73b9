import FHIR
import JSON
import Records
import Testing

/// Pages of a search of everything and of a compartment while others write.
@Suite("page walks over several types")
struct ScopeWalkTests {
    private static func body(_ type: String, _ id: String, _ generator: inout SeededGenerator) -> String {
        let subject = #""subject":{"reference":"Patient/p"}"#
        let code = #""code":{"coding":[{"code":"\#(Int.random(in: 0...3, using: &generator))"}]}"#
        return switch type {
        case "Patient": #"{"resourceType":"Patient","id":"\#(id)"}"#
        case "Condition": #"{"resourceType":"Condition","id":"\#(id)",\#(subject),\#(code)}"#
        default: #"{"resourceType":"Observation","id":"\#(id)","status":"final",\#(subject),\#(code)}"#
        }
    }

    @Test(
        "see the matches of the first page, each once and in order", arguments: 0..<10 as Range<UInt64>,
        ["", "_sort=-_lastUpdated&", "_sort=_id&", "_lastUpdated=ge2000&"])
    func walk(seed: UInt64, search: String) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        try await store.put(#"{"resourceType":"Patient","id":"p"}"#)
        let types = ["Observation", "Condition"]
        func write() async throws {
            let type = types.randomElement(using: &generator) ?? "Observation"
            let id = "r\(Int.random(in: 0...12, using: &generator))"
            if Int.random(in: 0...2, using: &generator) == 0 {
                _ = try await store.delete(ResourceKey(type: type, id: id))
            } else {
                try await store.put(Self.body(type, id, &generator))
            }
        }
        for _ in 0..<30 { try await write() }
        for scope in [SearchScope.system, .compartment(ResourceKey(type: "Patient", id: "p"), type: nil)] {
            let parameters = URLQuery.parse(search)
            let expected = try store.search(scope, parameters: parameters + [("_count", "1000")])
            var found: [String] = []
            var cursor: String?
            repeat {
                let page = try store.search(
                    scope, parameters: parameters + [("_count", "3")] + (cursor.map { [("_cursor", $0)] } ?? []))
                #expect(page.total == expected.entries.count)
                found += page.entries.map { "\($0.version.key) \($0.version.versionID)" }
                cursor = page.next
                for _ in 0..<Int.random(in: 0...3, using: &generator) { try await write() }
            } while cursor != nil && found.count < 100
            #expect(found == expected.entries.map { "\($0.version.key) \($0.version.versionID)" })
        }
        await store.close()
    }
}
