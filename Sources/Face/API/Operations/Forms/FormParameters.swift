import FHIR
import Forms
import HTTPTypes
import JSON
import Records

extension OperationRequest {
    /// The form that an operation is about: a resource sent, or a stored one that the one who asks may see.
    func form(
        instance: ResourceKey?, resource: String, reference: String?, canonical: String?, named: String? = nil
    ) throws -> Forms.Form {
        do {
            if let key = instance { return try service.forms.form(records.read(key)) }
            if let sent = try parameters.resource(resource) {
                guard sent["resourceType"]?.equals("Questionnaire") == true else {
                    throw Fault.malformedParameter(resource, "a Questionnaire")
                }
                return try service.forms.form(JSONDocument(parsing: sent.compactText()))
            }
            if let reference, let given = try parameters.value(reference, type: "Reference") {
                guard let key = given["reference"]?.string.flatMap({ ResourceKey(reference: $0) }) else {
                    throw Fault.malformedParameter(reference, "a reference to a Questionnaire")
                }
                return try service.forms.form(records.read(key))
            }
            let asked = try canonical.flatMap { name in try parameters.string(name) } ?? named
            guard let asked else { throw Fault.missingParameter(resource) }
            guard let found = try service.forms.questionnaire(asked, records) else {
                throw Fault(.notFound, .notFound, "The questionnaire \(asked) is not known here.")
            }
            return try service.forms.form(found)
        } catch let faults as FormFaults {
            throw RecordsError(
                .unprocessable,
                issues: faults.faults.map {
                    Issue(
                        severity: $0.isWarning ? .warning : .error, code: .invalid,
                        diagnostics: $0.message + ($0.hint.isEmpty ? "" : " (\($0.hint))"), expression: $0.path)
                })
        }
    }

    /// Whom the response is about; nil for nobody.
    func subject() throws -> ResourceKey? {
        let text: String?
        if let entry = try parameters.one("subject"), case .text(let sent) = entry.value {
            text = sent
        } else {
            text = try parameters.value("subject", type: "Reference")?["reference"]?.string
        }
        guard let text else { return nil }
        guard let key = ResourceKey(reference: text), key.type == "Patient" else {
            throw Fault.malformedParameter("subject", "a reference to a Patient")
        }
        return key
    }

    /// What the launch context is given: parts `name` and `content`, a resource or a reference to one that may be seen.
    func launch() throws -> [String: [JSONNode]] {
        var found: [String: [JSONNode]] = [:]
        for entry in parameters.all("context") {
            let parts = try entry.parts()
            let name = try parts.requiredString("name")
            for content in parts.all("content") {
                guard case .element(let element) = content.value else { continue }
                if let resource = element["resource"] {
                    found[name, default: []].append(resource)
                } else if let reference = element["valueReference"]?["reference"]?.string,
                    let key = ResourceKey(reference: reference)
                {
                    found[name, default: []].append(try JSONDocument(parsing: records.read(key).json()).root)
                }
            }
        }
        return found
    }
}
