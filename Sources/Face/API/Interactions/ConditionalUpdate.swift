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
        try checkSubscriptions(in: document, call)
        let expected = try expectedVersion(call)
        let outcome = try await metrics.timingWrite {
            try await call.records.conditionalUpdate(type: type, query: call.query, document, ifMatch: expected)
        }
        return written(outcome, call)
    }

    /// The version that the `If-Match` header of a conditional write names; nil without such a header.
    func expectedVersion(_ call: Call) throws(Fault) -> Int? {
        guard let header = call.fields[.ifMatch] else { return nil }
        guard case .versions(let versions)? = EntityTag.condition(header), versions.count == 1 else {
            throw .malformedHeader(.ifMatch, "one ETag such as W/\"3\" on a conditional write")
        }
        return versions[0]
    }
}
