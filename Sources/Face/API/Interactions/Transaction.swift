import HTTPTypes
import Records

/// transaction and batch: <https://hl7.org/fhir/R4/http.html#transaction>
extension FHIRService {
    func transaction(_ call: Call) async throws -> Reply {
        try call.allowOnly()
        let bundle = try await call.document()
        try checkSubscriptions(in: bundle, call)
        let response = try await metrics.timingWrite { try await call.records.process(bundle: bundle) }
        return Reply(.ok, json: response)
    }
}
