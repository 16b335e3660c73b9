import FHIR
import HTTPTypes
import JSON
import Records
import Validation

/// Whether a resource would be accepted: <https://hl7.org/fhir/R4/resource-operation-validate.html>
struct ValidateOperation: FHIROperation {
    let name = "validate"
    let definition = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
    let levels: Set<OperationLevel> = [.type, .instance]
    let parameters = ["resource", "mode", "profile"]
    let bodyParameter: String? = "resource"

    func run(_ request: OperationRequest) async throws -> Reply {
        let mode = try request.parameters.string("mode") ?? "profile"
        guard ["create", "update", "delete", "profile"].contains(mode) else {
            throw Fault.malformedParameter("mode", "create, update, delete or profile")
        }
        var issues: [Issue] = []
        if let resource = try request.parameters.resource("resource") {
            issues = try check(resource, mode, request)
        } else if let key = request.place.key {
            let version = try request.store.read(key)
            if mode != "delete" { issues = try check(JSONDocument(parsing: version.json()).root, mode, request) }
        } else {
            throw Fault.missingParameter("resource")
        }
        if issues.isEmpty {
            issues = [Issue(.information, .informational, "Nothing was found that would stand in the way.")]
        }
        return Reply(.ok, json: OperationOutcome(issues: issues).json())
    }

    private func check(_ resource: JSONNode, _ mode: String, _ request: OperationRequest) throws -> [Issue] {
        let wanted = request.place.type ?? ""
        let type = resource["resourceType"]?.string ?? ""
        guard type == wanted else {
            return [Issue(.error, .invalid, "The resource is a \(type), but the request is for \(wanted).")]
        }
        var issues: [Issue] = []
        if mode == "update", let key = request.place.key, resource["id"]?.equals(key.id) != true {
            issues.append(
                Issue(
                    .error, .value, "An update needs the id \(key.id), as in the address.", expression: "\(type).id"))
        }
        if mode == "create", let key = request.place.key {
            issues.append(Issue(.error, .businessRule, "A create names no id, but the request is for \(key)."))
        }
        for profile in try request.parameters.strings("profile") {
            let own = profile.split(separator: "|").first ?? ""
            if own != "http://hl7.org/fhir/StructureDefinition/\(type)" {
                issues.append(
                    Issue(.warning, .notSupported, "The profile \(profile.prefix(200)) is not known to this server."))
            }
        }
        let validator = try ResourceValidator(
            definitions: request.definitions, terminology: request.store.terminology)
        return issues + validator.validate(resource)
    }
}
