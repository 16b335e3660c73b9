import FHIR
import HTTPTypes
import Records

/// search of a type, a compartment or everything, by GET and by POST: <https://hl7.org/fhir/R4/http.html#search>
extension FHIRService {
    func search(_ scope: SearchScope, _ call: Call, _ parameters: [(String, String)]) throws -> Reply {
        let isLenient = Preferences(call.fields).isLenient
        var (wanted, asked) = (scope, parameters)
        if let persons {
            (wanted, asked) = try MergedPatientSearch(persons: persons, definitions: definitions, base: call.base)
                .turned(scope, parameters)
        }
        let page = try call.records.search(wanted, parameters: asked, lenient: isLenient, base: call.base)
        return Reply(.ok, json: searchset(page, wanted, base: call.base))
    }

    func searchByPost(_ scope: SearchScope, _ call: Call) async throws -> Reply {
        try search(scope, call, try await searchForm(call))
    }

    /// The parameters of a search that was sent as a form.
    func searchForm(_ call: Call) async throws -> [(String, String)] {
        let contentType = call.fields[.contentType]
        var parameters = call.pairs
        if MediaTypes.isForm(contentType) {
            let body = try await call.body()
            guard let text = String(validating: body, as: UTF8.self) else {
                throw Fault(.badRequest, .invalid, "The form is not UTF-8 text.")
            }
            parameters += try Form.pairs(text).filter { $0.0 != "_format" && $0.0 != "_pretty" }
        } else if let contentType {
            guard try await call.body().isEmpty else {
                var fault = Fault.unsupportedMediaType(contentType)
                fault.issues[0].diagnostics = "A search is sent as application/x-www-form-urlencoded."
                throw fault
            }
        }
        return parameters
    }

    private func searchset(_ page: SearchPage, _ scope: SearchScope, base: String) -> [UInt8] {
        let bodies = page.entries.map { $0.version.json(page.subset, definitions) }
        var text = BundleText(
            type: "searchset", total: page.total,
            capacity: bodies.reduce(1024) { $0 + $1.count + base.utf8.count + 160 })
        text.links(PageLinks(place: base + scope.path, parameters: page.selfParameters, next: page.next))
        for (entry, body) in zip(page.entries, bodies) {
            text.searchEntry(entry.version.key, body, mode: entry.mode.rawValue, base: base)
        }
        if !page.issues.isEmpty { text.outcomeEntry(OperationOutcome(issues: page.issues).json()) }
        return text.finished()
    }
}

extension SearchScope {
    /// Its address below the base.
    var path: String {
        switch self {
        case .type(let type): "/\(type)"
        case .system: ""
        case .compartment(let centre, let type): "/\(centre)/\(type ?? "*")"
        }
    }
}
