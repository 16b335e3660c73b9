import FHIR
import JSON
import Records
import SQL
import Testing

/// Parameters that read other parameters' index rows give what rows of their own would give.
@Suite struct DerivedParameterTests {
    private static let resources = [
        #"{"resourceType":"Patient","id":"p","name":[{"family":"王"}]}"#,
        #"{"resourceType":"Group","id":"g","type":"person","actual":true}"#,
        #"{"resourceType":"Observation","id":"a","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p"},"component":[{"code":{"coding":[{"code":"y"}]},"valueQuantity":{"value":3}}]}"#,
        #"{"resourceType":"Observation","id":"b","status":"final","code":{"coding":[{"code":"y"}]},"subject":{"reference":"Group/g"},"valueQuantity":{"value":3}}"#,
        #"{"resourceType":"Observation","id":"c","status":"final","code":{"coding":[{"code":"za"}]},"subject":{"reference":"http://other.example/fhir/Patient/9"},"valueQuantity":{"value":5},"component":[{"code":{"coding":[{"code":"z"}]},"valueQuantity":{"value":3}}]}"#,
        #"{"resourceType":"Observation","id":"d","status":"final","code":{"coding":[{"code":"z"}]},"subject":{"type":"Patient","identifier":{"value":"i1"}}}"#,
        #"{"resourceType":"Observation","id":"e","status":"final","code":{"coding":[{"code":"z"}]},"subject":{"identifier":{"value":"i1"}}}"#,
    ]

    /// One store for all that only read.
    private static let filled = Task {
        let store = try memoryStore()
        for resource in resources { try await store.put(resource) }
        return store
    }

    @Test(
        "finds",
        arguments: [
            ("Observation?patient=p", ["a"]), ("Observation?patient=g", []), ("Observation?patient=Group/g", []),
            ("Observation?subject=Group/g", ["b"]), ("Observation?patient:missing=false", ["a", "c", "d"]),
            ("Observation?patient:missing=true", ["b", "e"]), ("Observation?subject:missing=true", []),
            ("Observation?patient=http://other.example/fhir/Patient/9", ["c"]),
            ("Observation?patient:identifier=i1", ["d"]), ("Observation?subject:identifier=i1", ["d", "e"]),
            ("Observation?combo-code=y", ["a", "b"]), ("Observation?combo-code=z", ["c", "d", "e"]),
            ("Observation?combo-value-quantity=3", ["a", "b", "c"]), ("Observation?combo-value-quantity=gt3", ["c"]),
            ("Observation?combo-code:not=y", ["c", "d", "e"]),
            ("Observation?combo-value-quantity:missing=true", ["d", "e"]),
            ("Observation?_sort=combo-code,_id", ["a", "b", "c", "d", "e"]),
            ("Observation?_sort=-combo-value-quantity,-_id", ["c", "b", "a", "e", "d"]),
            ("Patient?phonetic=王", ["p"]), ("Observation?patient.family=王", ["a"]),
            ("Patient?_has:Observation:patient:combo-code=y", ["p"]),
            ("Group?_has:Observation:subject:combo-code=y", ["g"]),
        ] as [(String, [String])])
    func finds(query: String, expected: [String]) async throws {
        let store = try await Self.filled.value
        let found = try store.ids(query)
        #expect((query.contains("_sort") ? found : found.sorted()) == expected)
        var pages = try store.allIDs(query + "&_count=1")
        if !query.contains("_sort") { pages.sort() }
        #expect(pages == expected)
        let halves = query.split(separator: "?", maxSplits: 1).map(String.init)
        #expect(
            try store.search(type: halves[0], parameters: URLQuery.parse(halves[1]) + [("_summary", "count")]).total
                == expected.count)
    }

    @Test("keeps one row for what several parameters select")
    func rows() async throws {
        let store = try memoryStore()
        try await store.put(Self.resources[2])
        let counts = try store.readSQL { db in
            try ["index_token", "index_reference", "index_quantity"].map { table in
                try db.first("SELECT count(*) FROM \(table)") { Int($0.int(0)) } ?? 0
            }
        }
        // status, code and component-code; subject; component-value-quantity.
        #expect(counts == [3, 1, 1])
    }
}
