import Access
import FHIR
import Records
import Testing

/// What those learn who may count records that they may not see.
struct CountedTests {
    private static let manager = Subject(account: "m", role: .manager, purpose: .operations)

    /// Seven patients with two visits each to o0, the first with six.
    private static func seen() async throws -> SeenRecords {
        let store = try seenStore()
        for number in 0..<7 {
            try await store.put(#"{"resourceType":"Patient","id":"p\#(number)","birthDate":"1950-01-0\#(number + 1)"}"#)
            for visit in 0..<(number == 0 ? 6 : 2) {
                try await store.put(encounter("e\(number)-\(visit)", of: "p\(number)", at: "o0"))
            }
        }
        return try store.seen(manager)
    }

    @Test(
        "numbers are rounded, small ones hidden, and none is told of what a question points at",
        arguments: [
            ("Encounter", "", 20 as Int?), ("Encounter", "service-provider=Organization/o0", 20),
            ("Encounter", "service-provider=Organization/o1", 0), ("Patient", "", 5),
            ("Encounter", "patient=Patient/p0", nil), ("Encounter", "patient=p0", nil),
            ("Encounter", "subject:Patient=p0", nil), ("Encounter", "patient=Patient/none", nil),
            ("Encounter", "_id=e0-0", nil), ("Patient", "_id=p0", nil), ("Patient", "_id=none", nil),
            ("Patient", "_list=l", nil), ("Patient", "_has:Encounter:patient:_id=e0-0", nil),
            ("Encounter", "patient._id=p0", nil), ("Encounter", "patient.birthdate=1950-01-01", 0),
        ])
    func numbers(type: String, query: String, shown: Int?) async throws {
        let seen = try await Self.seen()
        let asked = query.split(separator: "&").map { part in
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            return (pair[0], pair[1])
        }
        let page = try seen.search(type: type, parameters: asked + [("_summary", "count")])
        #expect(page.total == shown)
        #expect(page.entries.isEmpty)
        #expect(shown != nil || page.issues.contains { $0.code == .suppressed })
    }

    @Test("a compartment is not counted either")
    func compartment() async throws {
        let seen = try await Self.seen()
        let scope = SearchScope.compartment(ResourceKey(type: "Patient", id: "p0"), type: "Encounter")
        let page = try? seen.search(scope, parameters: [("_summary", "count")])
        #expect((page?.total ?? 0) == 0)
    }
}
