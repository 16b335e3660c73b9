import FHIR
import Forms
import HTTPTypes
import JSON
import Records

/// The resources that a response stands for: <http://hl7.org/fhir/uv/sdc/OperationDefinition-QuestionnaireResponse-extract.html>
///
/// It answers with a transaction Bundle and writes nothing.
struct ExtractOperation: FHIROperation {
    let name = "extract"
    let definition = "http://hl7.org/fhir/uv/sdc/OperationDefinition/QuestionnaireResponse-extract"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["QuestionnaireResponse"]
    let affectsState = false
    let parameters = ["questionnaire-response", "questionnaire"]
    let bodyParameter: String? = "questionnaire-response"
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        let response: JSONNode
        if let key = request.place.key {
            response = try JSONDocument(parsing: request.records.read(key).json()).root
        } else if let given = try request.parameters.resource("questionnaire-response") {
            response = given
        } else {
            throw Fault.missingParameter("questionnaire-response")
        }
        guard response["resourceType"]?.equals("QuestionnaireResponse") == true else {
            throw Fault.malformedParameter("questionnaire-response", "a QuestionnaireResponse")
        }
        let form = try request.form(
            instance: nil, resource: "questionnaire", reference: nil, canonical: nil,
            named: response["questionnaire"]?.string)
        let context = try request.service.forms.context(patient: nil, request.records, for: form)
        let issues = form.issues(of: response, context)
        guard !issues.contains(where: { $0.severity == .error }) else {
            throw RecordsError(.unprocessable, issues: issues)
        }
        let state = form.resume(response, context)
        let head = FormHead(
            id: response["id"]?.string, status: "completed", subject: response["subject"]?["reference"]?.string,
            authored: response["authored"]?.string ?? isoInstant(request.store.now),
            author: response["author"]?["reference"]?.string.map { ($0, "") })
        return Reply(
            .ok,
            json: state.extractedBundle(
                from: response["id"]?.string ?? "", head, encounter: response["encounter"]?["reference"]?.string))
    }
}
