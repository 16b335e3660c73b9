import FHIR
import JSON

/// The answer to one entry of a Bundle.
enum BundleResponse {
    case written(WriteOutcome)
    case deleted(WriteOutcome?)
    case read(Version)
    case found(SearchPage)
    case failed(RecordsError)

    /// The response Bundle.
    static func bundle(_ responses: [BundleResponse], type: String, _ definitions: Definitions) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Bundle")
        writer.member("type", string: type)
        if !responses.isEmpty {
            writer.key("entry")
            writer.beginArray()
            for response in responses { response.write(to: &writer, definitions) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    private func write(to writer: inout JSONWriter, _ definitions: Definitions) {
        writer.beginObject()
        switch self {
        case .written(let outcome):
            response(outcome.created ? "201 Created" : "200 OK", outcome.version, &writer)
        case .deleted(let outcome):
            response("204 No Content", outcome?.version, &writer)
        case .read(let version):
            writer.member("resource", raw: version.json())
            response("200 OK", version, &writer)
        case .found(let page):
            writer.member("resource", raw: page.searchset(definitions))
            response("200 OK", nil, &writer)
        case .failed(let error):
            writer.key("response")
            writer.beginObject()
            writer.member("status", string: error.category.status)
            writer.member("outcome", raw: OperationOutcome(issues: error.issues).json())
            writer.endObject()
        }
        writer.endObject()
    }

    private func response(_ status: String, _ version: Version?, _ writer: inout JSONWriter) {
        writer.key("response")
        writer.beginObject()
        writer.member("status", string: status)
        if let version {
            if version.verb != .delete {
                writer.member("location", string: "\(version.key)/_history/\(version.versionID)")
            }
            writer.member("etag", string: ETag.of(version.versionID))
            writer.member("lastModified", string: isoInstant(version.lastUpdated))
        }
        writer.endObject()
    }
}

extension SearchPage {
    /// A plain searchset Bundle, without links.
    fileprivate func searchset(_ definitions: Definitions) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Bundle")
        writer.member("type", string: "searchset")
        if let total { writer.member("total", integer: total) }
        if !entries.isEmpty {
            writer.key("entry")
            writer.beginArray()
            for entry in entries {
                writer.beginObject()
                writer.member("resource", raw: entry.version.json(subset, definitions))
                writer.key("search")
                writer.beginObject()
                writer.member("mode", string: entry.mode.rawValue)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }
}

extension RecordsError.Category {
    /// The one table from what went wrong to the HTTP status that says so
    /// (<https://hl7.org/fhir/R4/http.html#Status-Codes>).
    public var statusCode: Int {
        switch self {
        case .notFound: 404
        case .gone: 410
        case .unauthorized: 401
        case .forbidden: 403
        case .conflict: 409
        case .preconditionFailed, .multipleMatches: 412
        case .invalid, .notSupported, .tooCostly: 400
        case .unprocessable: 422
        case .unavailable: 503
        case .internal: 500
        }
    }

    /// The status as it stands in a Bundle: `404 Not Found`.
    fileprivate var status: String {
        let phrase =
            switch statusCode {
            case 400: "Bad Request"
            case 401: "Unauthorized"
            case 403: "Forbidden"
            case 404: "Not Found"
            case 409: "Conflict"
            case 410: "Gone"
            case 412: "Precondition Failed"
            case 422: "Unprocessable Entity"
            case 503: "Service Unavailable"
            default: "Internal Server Error"
            }
        return "\(statusCode) \(phrase)"
    }
}
