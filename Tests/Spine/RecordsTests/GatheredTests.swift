import FHIR
import Records
import Testing

/// Searches whose rows come in no order of use: names that begin alike.
@Suite("names that begin alike")
struct GatheredTests {
    private static let families = ["Baker", "Berg", "Stone", "Öberg"]

    @Test(
        "give each resource once, page by page, with the total",
        arguments: [
            ("given=an", 1_264), ("family=b", 632), ("gender=female&given=an", 632), ("gender=female&family=b", 316),
            ("family=b&given=andr", 632), ("name=b", 632), ("name=o,b", 948), ("family=zz", 0),
        ] as [(String, Int)])
    func once(search: String, count: Int) async throws {
        let store = try memoryStore()
        let entries = (0..<1_264).map { number in
            #"{"resource":{"resourceType":"Patient","id":"p\#(number)","gender":"\#(number / 4 % 2 == 0 ? "male" : "female")","#
                + #""name":[{"family":"\#(Self.families[number % 4])","given":["Anna","Andrea\#(number % 9)"]}]},"#
                + #""request":{"method":"PUT","url":"Patient/p\#(number)"}}"#
        }
        _ = try await store.process(
            bundle: json(
                #"{"resourceType":"Bundle","type":"transaction","entry":[\#(entries.joined(separator: ","))]}"#))
        let ids = try store.allIDs("Patient?_count=97&\(search)")
        #expect(ids.count == count)
        #expect(Set(ids).count == count)
        let page = try store.search(type: "Patient", parameters: URLQuery.parse("_count=5&" + search))
        #expect(page.total == count)
        #expect(page.entries.map(\.version.key.id) == Array(ids.prefix(5)))
        #expect((page.next != nil) == (count > 5))
        let silent = try store.search(type: "Patient", parameters: URLQuery.parse("_total=none&_count=5&" + search))
        #expect(silent.total == nil)
        await store.close()
    }
}
