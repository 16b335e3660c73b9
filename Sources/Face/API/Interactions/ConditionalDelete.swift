import FHIR
import HTTPTypes
import Records

/// conditional delete: <https://hl7.org/fhir/R4/http.html#3.1.0.7.1>
extension FHIRService {
    func conditionalDelete(_ type: String, _ call: Call) async throws -> Reply {
        // Without a search it would mean every resource of the type, which nobody asks for by leaving something out.
        guard !call.pairs.isEmpty else {
            throw Fault(
                .badRequest, .required,
                "A delete needs an id (DELETE /fhir/\(type)/[id]) or a search (DELETE /fhir/\(type)?…).")
        }
        _ = try await metrics.timingWrite { try await call.records.conditionalDelete(type: type, query: call.query) }
        return Reply(.noContent)
    }
}
