import HTTPTypes
import Records

/// delete: <https://hl7.org/fhir/R4/http.html#delete>
extension FHIRService {
    func delete(_ key: ResourceKey, _ call: Call) async throws -> Reply {
        try call.allowOnly()
        let expected = try expectedVersion(of: key, call)
        let outcome = try await metrics.timingWrite { try await call.records.delete(key, ifMatch: expected) }
        guard let outcome else { return Reply(.noContent) }
        return Reply(.noContent, headersOf: outcome.version)
    }
}
