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
    /// A resource that is sent along is the sender's own; one that is stored is read as any other.
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        let mode = try request.parameters.string("mode") ?? "profile"
        guard ["create", "update", "delete", "profile"].contains(mode) else {
            throw Fault.malformedParameter("mode", "create, update, delete or profile")
        }
        var issues: [Issue] = []
        if let resource = try request.parameters.resource("resource") {
            try request.call.visitor?.note(self, at: request.place)
            issues = try check(resource, mode, request)
        } else if let key = request.place.key {
            let version = try request.records.read(key)
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
        var options = ResourceValidator.Options()
        options.profiles = try request.parameters.strings("profile")
        let validator = try ResourceValidator(
            definitions: request.definitions, terminology: request.store.terminology,
            given: try definitions(for: resource, options.profiles, request))
        return issues + validator.validate(resource, options)
    }

    /// At most this many stored definitions are looked for.
    private static let definitionsMax = 64

    /// The stored profiles that are asked for or claimed, those they derive from, and the questionnaires that are answered.
    private func definitions(
        for resource: JSONNode, _ profiles: [String], _ request: OperationRequest
    ) throws -> GivenDefinitions {
        var wanted = profiles.map { ("StructureDefinition", $0) }
        let entries = resource["entry"]?.elements.compactMap { $0["resource"] } ?? []
        for each in [resource] + entries {
            wanted += (each["meta"]?["profile"]?.elements.compactMap(\.string) ?? []).map {
                ("StructureDefinition", $0)
            }
            if let url = each["questionnaire"]?.string { wanted.append(("Questionnaire", url)) }
        }
        var found: [JSONDocument] = []
        var asked: Set<String> = []
        while let (type, url) = wanted.popLast(), asked.count < Self.definitionsMax {
            guard asked.insert(url).inserted, !url.hasPrefix("#"), let document = try stored(type, url, request) else {
                continue
            }
            found.append(document)
            if let base = document.root["baseDefinition"]?.string { wanted.append((type, base)) }
        }
        return GivenDefinitions(found)
    }

    private func stored(_ type: String, _ url: String, _ request: OperationRequest) throws -> JSONDocument? {
        guard !url.hasPrefix("http://hl7.org/fhir/StructureDefinition/") || type != "StructureDefinition" else {
            return nil
        }
        let parts = url.split(separator: "|", maxSplits: 1).map(String.init)
        var query = [("url", Self.escaped(parts.first ?? "")), ("_sort", "-_lastUpdated"), ("_count", "1")]
        if parts.count == 2 { query.append(("version", Self.escaped(parts[1]))) }
        let page = try request.store.search(type: type, parameters: query)
        return try page.entries.first.map { try JSONDocument(parsing: $0.version.json()) }
    }

    /// A value as a search takes it: the characters that would part it are escaped.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { "\\,|$".contains($0) ? ["\\", $0] : [$0] })
    }
}
