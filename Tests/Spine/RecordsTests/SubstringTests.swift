import FHIR
import JSON
import Records
import Testing

/// `:contains` on strings, by any part of a value, against a plain look at every value.
@Suite("substrings")
struct SubstringTests {
    private static let names = [
        "Johnathan", "John", "O'Hara", "Mac Donald", "欧阳", "王小明", "Müller-Lüdenscheidt", "100% sure_", "Jo", "X",
        "Ana Ana",
    ]

    @Test("are found", arguments: 0..<6 as Range<UInt64>)
    func found(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let store = try memoryStore()
        var families: [String: String] = [:]
        for _ in 0..<40 {
            let id = "p\(Int.random(in: 0...15, using: &generator))"
            if Int.random(in: 0...4, using: &generator) == 0 {
                _ = try await store.delete(ResourceKey(type: "Patient", id: id))
                families[id] = nil
            } else {
                let name = Self.names.randomElement(using: &generator) ?? "X"
                try await store.put(#"{"resourceType":"Patient","id":"\#(id)","name":[{"family":"\#(name)"}]}"#)
                families[id] = name
            }
        }
        for (part, plain) in [
            ("ohn", "ohn"), ("JOHN", "john"), ("o", "o"), ("小", "小"), ("阳", "阳"), ("王小明", "王小明"), ("%25", "%"),
            ("e_", "e_"), ("a a", "a a"), ("na", "na"), ("ller-lu", "ller-lu"), ("'h", "'h"), ("xy", "xy"),
            ("donald", "donald"),
        ] {
            let expected = families.filter { Self.folded($0.value).contains(plain) }.map(\.key).sorted()
            #expect(try store.allIDs("Patient?_count=3&family:contains=\(part)").sorted() == expected, "\(part)")
        }
        await store.close()
    }

    private static func folded(_ name: String) -> String {
        name.lowercased().replacing("ü", with: "u")
    }
}
