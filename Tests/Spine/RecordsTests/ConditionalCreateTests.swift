import JSON
import Records
import Testing

/// Conditional create under concurrency: FHIR R4, http.html#ccreate.
@Suite struct ConditionalCreateTests {
    @Test("64 concurrent conditional creates with one condition make one resource")
    func neverTwice() async throws {
        let store = try memoryStore()
        let created = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    try await store.create(
                        type: "Patient",
                        json(#"{"resourceType":"Patient","identifier":[{"system":"urn:card","value":"C1"}]}"#),
                        ifNoneExist: "identifier=urn:card|C1"
                    ).created
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(created == 1)
        #expect(try store.ids("Patient?identifier=urn:card|C1").count == 1)
        #expect(try store.status().resourceCounts["Patient"] == 1)
    }
}
