import Access
import Testing

@Suite("Divisions of GB/T 2260")
struct DivisionTests {
    @Test(
        "a division contains itself and what lies in it",
        arguments: [
            ("330100", "330106", true), ("330106", "330106", true), ("330106", "330100", false),
            ("330000", "331002", true), ("330100", "330206", false), ("330106", "330108", false),
        ])
    func containment(outer: String, inner: String, holds: Bool) throws {
        let one = try #require(Division(outer))
        let other = try #require(Division(inner))
        #expect(one.contains(other) == holds)
    }

    @Test("what is no six digits is no division", arguments: ["", "33010", "3301060", "33010a", "030106", "３３０１０６"])
    func malformed(text: String) {
        #expect(Division(text) == nil)
    }
}
