import FHIR
import JSON
import Records
import Testing

/// Resources and value sets named by a whole address or by a literal reference.
@Suite("addresses in searches")
struct SearchAddressTests {
    private static let base = "http://house.example/fhir"

    private static let filled = Task {
        let store = try memoryStore()
        for body in [
            #"{"resourceType":"Patient","id":"p"}"#,
            #"{"resourceType":"Condition","id":"relative","subject":{"reference":"Patient/p"},"code":{"coding":[{"system":"urn:s","code":"x"}]}}"#,
            #"{"resourceType":"Condition","id":"whole","subject":{"reference":"http://house.example/fhir/Patient/p"}}"#,
            #"{"resourceType":"Condition","id":"elsewhere","subject":{"reference":"http://other.example/fhir/Patient/p"},"code":{"coding":[{"system":"urn:s","code":"y"}]}}"#,
            #"{"resourceType":"ValueSet","id":"v","status":"active","url":"urn:v","compose":{"include":[{"system":"urn:s","concept":[{"code":"x"}]}]}}"#,
        ] { try await store.put(body) }
        return store
    }

    @Test(
        "finds",
        arguments: [
            ("subject=Patient/p", ["relative", "whole"]), ("subject=p", ["relative", "whole"]),
            ("subject:Patient=p", ["relative", "whole"]),
            ("patient=p", ["relative", "whole"]),
            ("subject=http://house.example/fhir/Patient/p", ["relative", "whole"]),
            ("subject=http://other.example/fhir/Patient/p", ["elsewhere"]),
            ("code:in=ValueSet/v", ["relative"]), ("code:in=http://house.example/fhir/ValueSet/v", ["relative"]),
            ("code:in=urn:v", ["relative"]), ("code:not-in=ValueSet/v", ["elsewhere", "whole"]),
        ])
    func finds(query: String, expected: [String]) async throws {
        let page = try await Self.filled.value.search(
            .type("Condition"), parameters: URLQuery.parse(query), base: Self.base)
        #expect(page.entries.map(\.version.key.id).sorted() == expected)
    }

    @Test("a value set that is not stored is refused by its name")
    func unknown() async throws {
        let store = try await Self.filled.value
        let error = #expect(throws: RecordsError.self) { try store.ids("Condition?code:in=ValueSet/unheard-of") }
        #expect(error?.category == .notFound)
        #expect(error?.issues.first?.diagnostics.contains("ValueSet/unheard-of") == true)
    }
}
