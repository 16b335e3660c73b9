import FHIR
import Gate
import HTTPTypes
import JSON
import Records

/// Opens one patient's record to a clinician in an emergency, for a short time: written into the audit log at once, told to
/// the patient, and looked at by a second person.
///
/// No operation of FHIR's own. Later requests that state the purpose `ETREAT` (`X-Purpose-Of-Use`) reach the record.
struct BreakGlassOperation: FHIROperation {
    let name = "break-glass"
    let definition = "https://healthbrain.dev/fhir/OperationDefinition/Patient-break-glass"
    let levels: Set<OperationLevel> = [.instance]
    let types: [String]? = ["Patient"]
    let affectsState = true
    let parameters = ["reason"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let visitor = request.call.visitor, let key = request.place.key else {
            throw Fault(.badRequest, .notSupported, "Every record of this server is open: there is no glass to break.")
        }
        let reason = try request.parameters.requiredString("reason")
        guard
            let until = try await visitor.gate.breakGlass(
                visitor.caller, patient: key.id, reason: reason, request: visitor.requestID)
        else { throw Fault.noSuchRecord(key) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Parameters")
        writer.key("parameter")
        writer.beginArray()
        writer.beginObject()
        writer.member("name", string: "until")
        writer.member("valueInstant", string: isoInstant(until))
        writer.endObject()
        writer.beginObject()
        writer.member("name", string: "purpose")
        writer.member("valueCode", string: "ETREAT")
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return Reply(.ok, json: writer.bytes)
    }
}
