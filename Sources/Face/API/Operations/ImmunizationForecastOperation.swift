import FHIR
import HTTPTypes
import JSON
import Pathways

/// The doses that come next for somebody, and what each dose that was given is worth, by the immunisation programme that is followed:
/// <http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation>
///
/// Everything is sent along; nothing of the store is read and nothing is written. Beside what the guide names, `record` takes any
/// other resources about the person: what holds doses up (an allergy, an illness, a form) stands in them.
struct ImmunizationForecastOperation: FHIROperation {
    let name = "immds-forecast"
    let definition = "http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation"
    let levels: Set<OperationLevel> = [.system]
    let parameters = ["assessmentDate", "patient", "immunization", "record"]
    /// What is sent along is the sender's own.
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let date = try request.parameters.dateTime("assessmentDate") else {
            throw Fault.missingParameter("assessmentDate")
        }
        guard date.precision >= .day else {
            throw Fault.malformedParameter("assessmentDate", "a day such as 2026-11-23")
        }
        guard let pathway = request.service.pathways?.pathways.first(where: \.asksForDoses) else {
            throw Fault(.notFound, .notSupported, "No programme with series of doses is followed here.")
        }
        guard let record = PersonRecord(try documents(request.parameters)) else {
            throw Fault.malformedParameter("patient", "a Patient")
        }
        guard let forecast = pathway.forecast(record, now: date.lowMilliseconds),
            let recommendation = Pathway.recommendation(forecast, of: record.id)
        else { throw Fault(.unprocessableContent, .required, "Without a birth date nothing can be said.") }
        try request.call.visitor?.note(self, at: request.place)
        var answer = ParametersText()
        for evaluation in Pathway.evaluations(forecast, of: record.id) {
            answer.add("evaluation", resource: Array(evaluation.text))
        }
        answer.add("recommendation", resource: Array(recommendation.text))
        return Reply(.ok, json: answer.finished())
    }

    /// The person and what is sent along about them, each with an id: the answer refers to them.
    private func documents(_ parameters: OperationParameters) throws -> [JSONDocument] {
        guard let patient = try parameters.resource("patient") else { throw Fault.missingParameter("patient") }
        var documents = [try document(patient, "patient", "Patient", id: "patient")]
        for (name, type) in [("immunization", "Immunization"), ("record", nil)] {
            for (place, entry) in parameters.all(name).enumerated() {
                documents.append(try document(entry.resource(), name, type, id: "\(name)-\(place + 1)"))
            }
        }
        return documents
    }

    private func document(_ node: JSONNode, _ name: String, _ type: String?, id: String) throws -> JSONDocument {
        let told = node["resourceType"]?.string
        guard let told, type == nil ? told != "Patient" : told == type else {
            throw Fault.malformedParameter(
                name, type.map { "a resource of type \($0)" } ?? "a resource beside the Patient")
        }
        guard node["id"]?.string == nil else { return try JSONDocument(parsing: Array(node.rawText)) }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in node.members where key.string != "id" {
            if let key = key.string { writer.member(key, node: value) }
        }
        writer.member("id", string: id)
        writer.endObject()
        return try JSONDocument(parsing: writer.bytes)
    }
}
