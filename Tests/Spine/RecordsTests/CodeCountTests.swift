import FHIR
import JSON
import Records
import Testing

/// Totals of searches by a code are looked up, and must be what counting would give.
@Suite("totals by code")
struct CodeCountTests {
    private static let codes = ["a", "b", "c"]
    private static let systems = ["urn:one", "urn:two", ""]

    private static func observation(_ id: Int, _ generator: inout SeededGenerator) -> String {
        func concept() -> String {
            let codings = (0..<Int.random(in: 1...3, using: &generator)).map { _ -> String in
                let code = codes.randomElement(using: &generator) ?? "a"
                let system = systems.randomElement(using: &generator) ?? ""
                return system.isEmpty ? #"{"code":"\#(code)"}"# : #"{"system":"\#(system)","code":"\#(code)"}"#
            }
            return #"{"coding":[\#(codings.joined(separator: ","))]}"#
        }
        return """
            {"resourceType":"Observation","id":"o\(id)","status":"\(Bool.random(using: &generator) ? "final" : "amended")",\
            "code":\(concept()),"component":[{"code":\(concept())}]}
            """
    }

    @Test("are those of the matches after writes, changes and deletes", arguments: 0..<8 as Range<UInt64>)
    func totals(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        for _ in 0..<60 {
            let id = Int.random(in: 0...25, using: &generator)
            if Int.random(in: 0...3, using: &generator) == 0 {
                _ = try await store.delete(ResourceKey(type: "Observation", id: "o\(id)"))
            } else {
                try await store.put(Self.observation(id, &generator))
            }
        }
        let forms = Self.codes.flatMap { code in ["\(code)", "|\(code)", "urn:one|\(code)", "urn:two|\(code)"] }
        for search in forms.flatMap({ ["code=\($0)", "combo-code=\($0)", "code=\($0)&status=final"] })
            + ["status=final", "status=unheard-of", "code=a,b", "code:not=a"]
        {
            let found = try store.allIDs("Observation?_count=7&" + search)
            let page = try store.search(
                type: "Observation", parameters: URLQuery.parse("_count=1&_total=accurate&" + search))
            #expect(Set(found).count == found.count)
            #expect(page.total == found.count, "\(search)")
        }
        await store.close()
    }
}
