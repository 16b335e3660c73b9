import FHIR
import HTTPTypes
import Records

/// conditional update: <https://hl7.org/fhir/R4/http.html#cond-update>
extension FHIRService {
    func conditionalUpdate(_ type: String, _ call: Call) async throws -> Reply {
        guard !call.pairs.isEmpty else {
            throw Fault(
                .badRequest, .required,
                "An update needs an id (PUT /fhir/\(type)/[id]) or a search (PUT /fhir/\(type)?…).")
        }
        let document = try await call.document()
        var expected: Int?
        if let header = call.fields[.ifMatch] {
            guard case .versions(let versions)? = EntityTag.condition(header), versions.count == 1 else {
                throw Fault.malformedHeader(.ifMatch, "one ETag such as W/\"3\" on a conditional update")
            }
            expected = versions[0]
        }
        let outcome = try await metrics.timingWrite {
            try await store.conditionalUpdate(type: type, query: call.query, document, ifMatch: expected)
        }
        return written(outcome, call)
    }
}
