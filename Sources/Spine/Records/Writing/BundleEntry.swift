import FHIR
import Foundation
import JSON

/// One entry of a transaction or batch Bundle, read and checked for its form.
struct BundleEntry: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
        case patch = "PATCH"
    }

    /// What the entry asks for.
    enum Request: Sendable {
        case create(type: String, ifNoneExist: String?)
        case update(ResourceKey, ifMatch: Int?, ifNoneMatchAny: Bool)
        case conditionalUpdate(type: String, query: String, ifMatch: Int?)
        case delete(ResourceKey, ifMatch: Int?)
        case conditionalDelete(type: String, query: String)
        case patch(ResourceKey, ifMatch: Int?)
        case conditionalPatch(type: String, query: String, ifMatch: Int?)
        case read(ResourceKey)
        case vread(ResourceKey, Int)
        case search(type: String, query: String)
    }

    let index: Int
    let fullURL: String?
    let request: Request
    let resource: JSONDocument?
    /// What a PATCH entry sends: a Binary with the patch in it.
    let patch: ResourcePatch?

    /// Where the entry stands, for issues.
    var expression: String { "Bundle.entry[\(index)]" }

    init(_ node: JSONNode, index: Int) throws(RecordsError) {
        self.index = index
        let expression = "Bundle.entry[\(index)]"
        guard let request = node["request"], let url = request["url"]?.string else {
            throw RecordsError(.invalid, "The entry has no request with a method and a url.", expression: expression)
        }
        guard let method = request["method"]?.string.flatMap(Method.init) else {
            throw RecordsError(
                .invalid, "The entry's method is GET, HEAD, POST, PUT, DELETE or PATCH.",
                expression: "\(expression).request.method")
        }
        fullURL = node["fullUrl"]?.string
        resource = try node["resource"].map { node throws(RecordsError) in
            do { return try JSONDocument(parsing: Array(node.rawText)) } catch {
                throw RecordsError(.invalid, "\(error)", expression: expression + ".resource")
            }
        }
        do {
            self.request = try Self.request(method, url, request)
        } catch {
            throw RecordsError(
                error.category,
                issues: error.issues.map {
                    Issue(
                        severity: $0.severity, code: $0.code, diagnostics: $0.diagnostics,
                        expression: "\(expression).request")
                })
        }
        patch = try Self.patch(method, resource, expression)
        let needsResource = method == .post || method == .put || method == .patch
        if needsResource, resource == nil {
            throw RecordsError(.invalid, "A \(method.rawValue) entry needs a resource.", expression: expression)
        }
    }

    /// The patch of an entry (<https://hl7.org/fhir/R4/http.html#patch>): a Binary whose content type says its form.
    private static func patch(
        _ method: Method, _ resource: JSONDocument?, _ expression: String
    ) throws(RecordsError) -> ResourcePatch? {
        guard method == .patch, let root = resource?.root else { return nil }
        guard root["resourceType"]?.equals("Binary") == true,
            let type = root["contentType"]?.string?.split(separator: ";").first, type == "application/json-patch+json"
        else {
            throw RecordsError(
                .notSupported, "A PATCH entry takes a Binary of content type application/json-patch+json.",
                expression: "\(expression).resource")
        }
        guard let data = Data(base64Encoded: root["data"]?.string ?? "") else {
            throw RecordsError(.invalid, "The Binary's data is not base64.", expression: "\(expression).resource.data")
        }
        do {
            return try ResourcePatch(json: JSONDocument(parsing: Array(data)))
        } catch let error as RecordsError {
            throw error
        } catch {
            throw RecordsError(
                .invalid, "The Binary's data is not JSON: \(error)", expression: "\(expression).resource.data")
        }
    }

    private static func request(_ method: Method, _ url: String, _ node: JSONNode) throws(RecordsError) -> Request {
        let halves = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = halves[0].split(separator: "/").map(String.init)
        let query = halves.count > 1 ? halves[1] : nil
        guard let type = path.first else { throw RecordsError(.notSupported, "“\(url)” names no resource type.") }
        let key = path.count >= 2 ? ResourceKey(type: type, id: path[1]) : nil
        switch (method, path.count, query) {
        case (.post, 1, nil):
            return .create(type: type, ifNoneExist: node["ifNoneExist"]?.string)
        case (.put, 2, nil):
            if let key {
                let any = node["ifNoneMatch"]?.equals("*") ?? false
                return .update(key, ifMatch: try version(node["ifMatch"]), ifNoneMatchAny: any)
            }
        case (.put, 1, let query?):
            return .conditionalUpdate(type: type, query: query, ifMatch: try version(node["ifMatch"]))
        case (.delete, 2, nil):
            if let key { return .delete(key, ifMatch: try version(node["ifMatch"])) }
        case (.delete, 1, let query?):
            return .conditionalDelete(type: type, query: query)
        case (.patch, 2, nil):
            if let key { return .patch(key, ifMatch: try version(node["ifMatch"])) }
        case (.patch, 1, let query?):
            return .conditionalPatch(type: type, query: query, ifMatch: try version(node["ifMatch"]))
        case (.get, 1, _), (.head, 1, _):
            return .search(type: type, query: query ?? "")
        case (.get, 2, nil), (.head, 2, nil):
            if let key { return .read(key) }
        case (.get, 4, nil), (.head, 4, nil):
            if let key, path[2] == "_history", let number = Int(path[3]) { return .vread(key, number) }
        default: break
        }
        throw RecordsError(.notSupported, "“\(method.rawValue) \(url)” is not supported inside a Bundle.")
    }

    private static func version(_ node: JSONNode?) throws(RecordsError) -> Int? {
        guard let node else { return nil }
        guard let text = node.string, let version = ETag.version(text) else {
            throw RecordsError(.invalid, "ifMatch is a version such as W/\"3\".")
        }
        return version
    }
}

/// The entity tags of versions: `W/"3"`.
public enum ETag {
    /// The version in a tag; nil when it is not one of ours.
    public static func version(_ tag: String) -> Int? {
        var text = Substring(tag)
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 { text = text.dropFirst().dropLast() }
        return Int(text)
    }

    /// The tag of a version.
    public static func of(_ version: Int) -> String { "W/\"\(version)\"" }
}
