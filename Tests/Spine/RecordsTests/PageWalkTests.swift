import FHIR
import JSON
import Records
import Testing

/// Pages of a search while others write.
@Suite("page walks")
struct PageWalkTests {
    static let searches = [
        "Observation?status=final&_count=3", "Observation?_count=3", "Observation?_sort=date&_count=3",
        "Observation?_sort=-date,_id&_count=3", "Observation?_sort=_lastUpdated&_count=3",
        "Observation?_sort=-_lastUpdated&status=final&_count=3", "Observation?date=ge2000&_count=3",
        "Observation?_sort=-value-quantity&_count=3", "Observation?_content=apple&_count=3",
        "Observation?_sort=code&date=ge2000&_count=3",
    ]

    static func observation(_ id: String, _ generator: inout SeededGenerator) -> String {
        let year = Int.random(in: 1990...2025, using: &generator)
        let status = ["final", "final", "amended"].randomElement(using: &generator) ?? "final"
        let word = ["apple", "apple", "pear"].randomElement(using: &generator) ?? "apple"
        return """
            {"resourceType":"Observation","id":"\(id)","status":"\(status)",\
            "code":{"coding":[{"code":"\(word)"}],"text":"\(word) pie"},"effectiveDateTime":"\(year)-01-01",\
            "valueQuantity":{"value":\(Int.random(in: 0...9, using: &generator))}}
            """
    }

    static func order(_ store: RecordStore, _ search: String) throws -> [String] {
        try store.allIDs(search.replacing("_count=3", with: "_count=1000"))
    }

    @Test("see the matches of the first page, each once and in order", arguments: 0..<12 as Range<UInt64>, searches)
    func walk(seed: UInt64, search: String) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        for number in 0..<20 { try await store.put(Self.observation("o\(number)", &generator)) }
        let expected = try Self.order(store, search)
        let parameters = URLQuery.parse(String(search.drop { $0 != "?" }))
        var found: [String] = []
        var cursor: String?
        var total: Int?
        repeat {
            let page = try store.search(
                type: "Observation", parameters: parameters + (cursor.map { [("_cursor", $0)] } ?? []))
            if cursor == nil { total = page.total } else { #expect(page.total == total) }
            found += page.entries.map(\.version.key.id)
            #expect(page.entries.count <= 3)
            cursor = page.next
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let id = "o\(Int.random(in: 0...30, using: &generator))"
                if Bool.random(using: &generator) {
                    try await store.put(Self.observation(id, &generator))
                } else {
                    _ = try await store.delete(ResourceKey(type: "Observation", id: id))
                }
            }
        } while cursor != nil && found.count < 100
        #expect(found == expected)
        await store.close()
    }
}
