import FHIR
import HTTPTypes
import Records

/// Where in FHIR's address space a request points (<https://hl7.org/fhir/R4/http.html>), below `/fhir`.
enum Route: Equatable {
    /// `/fhir`
    case system
    /// `/fhir/_history`
    case systemHistory
    /// `/fhir/metadata`
    case metadata
    /// `/fhir/Patient`
    case type(String)
    /// `/fhir/Patient/_search`
    case typeSearch(String)
    /// `/fhir/Patient/_history`
    case typeHistory(String)
    /// `/fhir/Patient/1`
    case instance(ResourceKey)
    /// `/fhir/_search`
    case systemSearch
    /// `/fhir/Patient/1/Observation`, `/fhir/Patient/1/*`: the compartment of a resource, of one type or of all
    case compartment(ResourceKey, String?)
    /// `/fhir/Patient/1/Observation/_search`
    case compartmentSearch(ResourceKey, String?)
    /// `/fhir/Patient/1/_history`
    case instanceHistory(ResourceKey)
    /// `/fhir/Patient/1/_history/2`
    case version(ResourceKey, String)
    /// `/fhir/_export/ID`, `/fhir/_export/ID/FILE`: a bulk export, and a file of it
    case export(String, file: String?)
    /// `/fhir/$name`, `/fhir/Patient/$name`, `/fhir/Patient/1/$name`
    case operation(OperationPlace, String)

    /// Finds the route of a path.
    /// - Parameter path: the path behind `/fhir`, without query: empty or beginning with a slash.
    /// - Throws: a 404 that says which part is not known here.
    init(_ path: Substring, _ definitions: Definitions) throws(Fault) {
        var segments = path.split(separator: "/", omittingEmptySubsequences: true)
        if path.utf8.contains(UInt8(ascii: "%")) {
            segments = segments.map { segment in (try? Form.decoded(segment)).map { $0[...] } ?? segment }
        }
        guard let first = segments.first.map(String.init) else {
            self = .system
            return
        }
        switch (first, segments.count) {
        case ("metadata", 1):
            self = .metadata
            return
        case ("_search", 1):
            self = .systemSearch
            return
        case ("_history", 1):
            self = .systemHistory
            return
        case ("_export", 2...3):
            self = .export(String(segments[1]), file: segments.count == 3 ? String(segments[2]) : nil)
            return
        default: break
        }
        let operation = segments.last.flatMap { $0.hasPrefix("$") ? String($0.dropFirst()) : nil }
        if let operation, segments.count == 1 {
            self = .operation(.system, operation)
            return
        }
        guard definitions.isResourceType(first) else { throw .unknownType(first) }
        if let operation, segments.count <= 3 {
            let key = segments.count == 3 ? ResourceKey(type: first, id: String(segments[1])) : nil
            self = .operation(key.map { .instance($0) } ?? .type(first), operation)
            return
        }
        switch segments.count {
        case 1: self = .type(first)
        case 2:
            switch segments[1] {
            case "_history": self = .typeHistory(first)
            case "_search": self = .typeSearch(first)
            default: self = .instance(ResourceKey(type: first, id: String(segments[1])))
            }
        case 3 where segments[2] == "_history":
            self = .instanceHistory(ResourceKey(type: first, id: String(segments[1])))
        case 3 where segments[2] == "*" || definitions.isResourceType(String(segments[2])),
            4 where segments[3] == "_search" && (segments[2] == "*" || definitions.isResourceType(String(segments[2]))):
            let centre = ResourceKey(type: first, id: String(segments[1]))
            let type = segments[2] == "*" ? nil : String(segments[2])
            self = segments.count == 3 ? .compartment(centre, type) : .compartmentSearch(centre, type)
        case 4 where segments[2] == "_history":
            self = .version(ResourceKey(type: first, id: String(segments[1])), String(segments[3]))
        default: throw .unknownRoute(String(path))
        }
    }

    /// The methods that the route answers, in the order of an `Allow` header.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .system: [.get, .head, .post]
        case .systemHistory, .metadata, .typeHistory, .instanceHistory, .version, .compartment: [.get, .head]
        case .type: [.get, .head, .post, .put, .patch, .delete]
        case .export(_, let file): file == nil ? [.get, .head, .delete] : [.get, .head]
        case .systemSearch, .typeSearch, .compartmentSearch: [.post]
        case .operation: [.get, .head, .post]
        case .instance: [.get, .head, .put, .patch, .delete]
        }
    }
}
