import FHIR
import Forms
import HTTPTypes
import JSON
import Records

/// A response begun from what is known: <http://hl7.org/fhir/uv/sdc/OperationDefinition-Questionnaire-populate.html>
///
/// What fills it is what the one who asks may see of the person.
struct PopulateOperation: FHIROperation {
    let name = "populate"
    let definition = "http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["Questionnaire"]
    let affectsState = false
    let parameters = ["identifier", "canonical", "questionnaire", "questionnaireRef", "subject", "context", "local"]
    let bodyParameter: String? = "questionnaire"
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        let form = try request.form(
            instance: request.place.key, resource: "questionnaire", reference: "questionnaireRef",
            canonical: "canonical")
        let subject = try request.subject()
        let context = try request.service.forms.context(
            patient: subject, request.records, for: form, launch: try request.launch())
        let state = form.begin(context)
        let head = FormHead(
            status: "in-progress", subject: subject?.description, authored: isoInstant(request.store.now))
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Parameters")
        writer.key("parameter")
        writer.beginArray()
        writer.beginObject()
        writer.member("name", string: "response")
        writer.member("resource", raw: state.response(head))
        writer.endObject()
        writer.endArray()
        writer.endObject()
        return Reply(.ok, json: writer.bytes)
    }
}
