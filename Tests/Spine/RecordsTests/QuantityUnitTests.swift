import FHIR
import JSON
import Records
import Testing

/// FHIR R4, search.html#quantity: what is stored in another unit of the same kind is found as well.
@Suite("quantities in other units")
struct QuantityUnitTests {
    private static let ucum = "http://unitsofmeasure.org"

    private static func observation(_ id: String, _ value: String, _ code: String, system: String = ucum) -> String {
        """
        {"resourceType":"Observation","id":"\(id)","status":"final","code":{"coding":[{"code":"weight"}]},\
        "valueQuantity":{"value":\(value),"unit":"\(code)","system":"\(system)","code":"\(code)"}}
        """
    }

    private static let filled = Task {
        let store = try memoryStore()
        for body in [
            observation("g", "1", "g"), observation("mg", "1000", "mg"), observation("kg", "0.002", "kg"),
            observation("warm", "37", "Cel"), observation("fever", "102.2", "[degF]"), observation("acid", "5", "[pH]"),
            observation("other", "1000", "mg", system: "urn:other"), observation("long", "1", "m"),
        ] { try await store.put(body) }
        return store
    }

    @Test(
        "finds",
        arguments: [
            ("value-quantity=1|\(ucum)|g", ["g", "mg"]), ("value-quantity=1000|\(ucum)|mg", ["g", "mg"]),
            ("value-quantity=gt1|\(ucum)|g", ["kg"]), ("value-quantity=le0.001|\(ucum)|kg", ["g", "mg"]),
            ("value-quantity=ne1|\(ucum)|g", ["kg"]), ("value-quantity=gt38|\(ucum)|Cel", ["fever"]),
            ("value-quantity=lt100|\(ucum)|[degF]", ["warm"]), ("value-quantity=1||g", ["g"]),
            ("value-quantity=1000|urn:other|mg", ["other"]), ("value-quantity=1|\(ucum)|lb", []),
            ("code-value-quantity=weight$1|\(ucum)|g", ["g", "mg"]),
            ("combo-value-quantity=2|\(ucum)|g", ["kg"]),
        ])
    func finds(query: String, expected: [String]) async throws {
        #expect(try await Self.filled.value.ids("Observation?" + query).sorted() == expected)
    }

    @Test("a unit that is no longer stored with the parameter, and one that has come, are told apart")
    func units() async throws {
        let store = try memoryStore()
        try await store.put(Self.observation("a", "5", "mg"))
        #expect(try store.ids("Observation?value-quantity=0.005|\(Self.ucum)|g") == ["a"])
        try await store.put(Self.observation("a", "5", "ug"))
        #expect(try store.ids("Observation?value-quantity=0.005|\(Self.ucum)|g").isEmpty)
        #expect(try store.ids("Observation?value-quantity=0.000005|\(Self.ucum)|g") == ["a"])
        await store.close()
    }
}
