import FHIR
import FHIRPath
import HTTPTypes
import JSON
import Records
import Views

/// Rows of a ViewDefinition over the resources of the store, or over resources that are sent along:
/// <https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionRun.html>
struct RunViewOperation: FHIROperation {
    let name = "viewdefinition-run"
    let definition = "http://sql-on-fhir.org/OperationDefinition/$viewdefinition-run"
    let levels: Set<OperationLevel> = [.system, .type, .instance]
    let types: [String]? = ["ViewDefinition"]
    let parameters = [
        "viewReference", "viewResource", "_format", "header", "patient", "_since", "_limit", "resource",
    ]
    let bodyParameter: String? = "viewResource"
    let isDecidedByRecords = true

    /// Resources that are read at a time.
    private static let resourcesAtOnce = 500

    func run(_ request: OperationRequest) async throws -> Reply {
        let format = try format(request)
        let view = try view(request)
        let filter = try ViewFilter(request, type: view.definition.resource)
        let limit = try request.parameters.integer("_limit")
        if let limit, limit < 0 { throw Fault.malformedParameter("_limit", "a number of rows, 0 or more") }
        let text = ViewText(view, format: format)
        var rows: [UInt8] = []
        var left = limit ?? .max
        func add(_ resource: JSONNode) throws {
            var found = try Self.rows(of: resource, view)
            found.keep(left)
            left -= found.count
            text.append(found, to: &rows)
        }
        if request.parameters.has("resource") {
            for entry in request.parameters.all("resource") where left > 0 {
                let resource = try entry.resource()
                if try filter.admits(resource) { try add(resource) }
            }
        } else {
            var last: Int64 = 0
            while left > 0 {
                let resources = try request.records.scan(
                    type: view.definition.resource, after: last, limit: Self.resourcesAtOnce)
                guard let end = resources.last?.rid else { break }
                last = end
                for resource in resources where left > 0 {
                    if try filter.admits(resource) { try add(resource.document.root) }
                }
                // A long run lets others have the thread.
                await Task.yield()
                try Task.checkCancellation()
            }
        }
        let hasHead = try format != .csv || request.parameters.boolean("header") ?? true
        text.dropSeparator(&rows)
        var reply = Reply(.ok, json: (hasHead ? text.head : []) + rows + text.tail)
        reply.fields[.contentType] = format.mediaType
        return reply
    }

    private func format(_ request: OperationRequest) throws -> ViewFormat {
        guard let named = try request.parameters.string("_format") ?? request.call.rowFormat else { return .json }
        guard let format = ViewFormat(named: named) else { throw Fault.notAcceptable(named) }
        return format
    }

    private static func rows(of resource: JSONNode, _ view: View) throws -> ViewRows {
        do {
            return try view.rows(of: resource)
        } catch {
            throw Fault(.unprocessableContent, error)
        }
    }

    // MARK: The view

    private func view(_ request: OperationRequest) throws -> View {
        let definition = try definitionDocument(request)
        do {
            return try View(
                ViewDefinition(definition, definitions: request.definitions), definitions: request.definitions)
        } catch {
            throw Fault(.unprocessableContent, error)
        }
    }

    private func definitionDocument(_ request: OperationRequest) throws -> JSONNode {
        let parameters = request.parameters
        if let key = request.place.key {
            if parameters.has("viewResource") || parameters.has("viewReference") {
                throw Fault(
                    .badRequest, .invalid,
                    "The address names the view already: leave viewResource and viewReference out.")
            }
            return try stored(key, request)
        }
        guard let reference = try parameters.one("viewReference") else {
            guard let resource = try parameters.resource("viewResource") else {
                throw Fault(
                    .badRequest, .required, "A view is needed: viewResource with a ViewDefinition, or viewReference.")
            }
            return resource
        }
        guard !parameters.has("viewResource") else {
            throw Fault(.badRequest, .invalid, "Either viewReference or viewResource names the view, not both.")
        }
        let text = try reference.referenceText()
        if let key = ResourceKey(reference: text), key.type == "ViewDefinition" { return try stored(key, request) }
        return try canonical(text, request)
    }

    private func stored(_ key: ResourceKey, _ request: OperationRequest) throws -> JSONNode {
        try JSONDocument(parsing: request.records.read(key).json()).root
    }

    /// The stored view with a canonical address, maybe with `|version` behind it.
    private func canonical(_ text: String, _ request: OperationRequest) throws -> JSONNode {
        let parts = text.split(separator: "|", maxSplits: 1).map(String.init)
        var query = [("url", parts.first ?? ""), ("_sort", "-_lastUpdated"), ("_count", "1")]
        if parts.count == 2 { query.append(("version", parts[1])) }
        let page = try request.records.search(type: "ViewDefinition", parameters: query)
        guard let found = page.entries.first else {
            throw Fault(.notFound, .notFound, "There is no ViewDefinition \(text.prefix(200)).")
        }
        return try JSONDocument(parsing: found.version.json()).root
    }
}

/// Which resources a run takes in.
private struct ViewFilter {
    /// Milliseconds since 1970 after which a resource must have changed; nil for any.
    private let since: Int64?
    private let patient: ResourceKey?
    /// Where the patient of a resource stands.
    private let paths: [FHIRPathExpression]

    init(_ request: OperationRequest, type: String) throws {
        since = try request.parameters.dateTime("_since").map { $0.lowMilliseconds }
        guard let entry = try request.parameters.one("patient") else {
            (patient, paths) = (nil, [])
            return
        }
        let text = try entry.referenceText()
        guard let key = ResourceKey(reference: text.contains("/") ? text : "Patient/\(text)"), key.type == "Patient"
        else {
            throw Fault.malformedParameter("patient", "a reference such as Patient/123")
        }
        _ = try request.records.read(key)
        let codes = request.definitions.compartment("Patient")?.parameters[type] ?? []
        patient = key
        paths = try codes.compactMap { code in
            try request.definitions.searchParameter(code, of: type).map { parameter in
                try FHIRPathExpression(
                    parameter.expression.replacing(".where(resolve() is Patient)", with: ""),
                    definitions: request.definitions, options: FHIRPathOptions(contextType: type))
            }
        }
    }

    func admits(_ resource: ScannedResource) throws -> Bool {
        if let since, resource.version.lastUpdated <= since { return false }
        return try isOfPatient(resource.document.root)
    }

    /// Whether a resource that was sent along is taken: its own time counts, where it has one.
    func admits(_ resource: JSONNode) throws -> Bool {
        if let since, let time = resource["meta"]?["lastUpdated"]?.string.flatMap({ FHIRDateTime($0) }),
            time.lowMilliseconds <= since
        {
            return false
        }
        return try isOfPatient(resource)
    }

    private func isOfPatient(_ resource: JSONNode) throws -> Bool {
        guard let patient else { return true }
        if resource["resourceType"]?.equals("Patient") == true, resource["id"]?.equals(patient.id) == true {
            return true
        }
        return try paths.contains { path in
            try path.evaluate(on: resource).contains { value in
                guard let reference = value.node?["reference"]?.string else { return false }
                return reference == "\(patient)" || reference.hasSuffix("/\(patient)")
            }
        }
    }
}

extension OperationParameters.Entry {
    /// A reference: of a Reference its literal, else the text of a primitive.
    fileprivate func referenceText() throws(Fault) -> String {
        if case .element(let element) = value, let reference = element["valueReference"] {
            guard let text = reference["reference"]?.string else {
                throw .malformedParameter(name, "a Reference with a literal reference")
            }
            return text
        }
        return try string()
    }
}

extension Fault {
    /// What is wrong with a view, one issue a finding.
    fileprivate init(_ status: HTTPResponse.Status, _ error: ViewError) {
        self.init(status, .invalid, "")
        issues = error.findings.map {
            Issue(
                severity: .error, code: .invalid,
                diagnostics: $0.place.isEmpty ? $0.message : "\($0.place): \($0.message)")
        }
    }
}

extension ViewFormat {
    /// The format that a word or a media type means.
    init?(named name: String) {
        switch MediaTypes.name(of: name) ?? "" {
        case "csv", "text/csv": self = .csv
        case "ndjson", "application/x-ndjson", "application/ndjson", "application/fhir+ndjson",
            "application/fhir ndjson":
            self = .ndjson
        case "json", "application/json", "application/fhir+json", "application/fhir json", "text/json": self = .json
        default: return nil
        }
    }
}
