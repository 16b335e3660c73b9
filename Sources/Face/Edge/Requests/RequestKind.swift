public import HTTPTypes

/// The kinds of work that are limited apart, so that a flood of one leaves room for the others.
public enum RequestKind: String, CaseIterable, Sendable {
    /// Forms and tokens by which somebody signs in; each costs a password hash or a signature.
    case signIn = "sign-in"
    /// Reads, plain searches and pages.
    case reads
    /// Searches that may read far more than they return: chains, `_has`, `_include`, text, exact totals, and those over
    /// every type.
    case searches
    /// Whatever changes something.
    case writes
    /// `$everything`, `$export` and other operations that return much.
    case exports

    /// The kind of a request, from its line alone.
    public static func of(_ method: HTTPRequest.Method, _ target: String) -> RequestKind {
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let path = target[..<mark]
        let isRetrieval = method == .get || method == .head
        if !isRetrieval, ["/sign-in", "/session", "/auth/"].contains(where: path.hasPrefix) { return .signIn }
        if path.hasPrefix("/auth/authorize") || path.hasPrefix("/auth/oidc/") { return .signIn }
        guard path == "/fhir" || path.hasPrefix("/fhir/") else { return isRetrieval ? .reads : .writes }
        if let dollar = path.utf8.lastIndex(of: UInt8(ascii: "$")) { return ofOperation(path[dollar...].dropFirst()) }
        if path.hasSuffix("/_search") { return .searches }
        guard isRetrieval else { return .writes }
        return isCostly(path, target[mark...].dropFirst()) ? .searches : .reads
    }

    private static func ofOperation(_ name: Substring) -> RequestKind {
        switch name.prefix(while: { $0 != "/" }) {
        case "everything", "export", "run", "viewdefinition-run": .exports
        case "expand", "lookup", "validate-code", "subsumes", "translate": .reads
        default: .searches
        }
    }

    private static let costlyNames = [
        "_include", "_revinclude", "_has", "_content", "_text", "_filter", "_query", "_list", "_total=accurate",
    ]
    private static let costlyModifiers = [":contains", ":text", ":of-type", ":in", ":not-in", ":above", ":below"]

    /// Whether a search may read far more than it returns. A parameter with a dot is a chain.
    private static func isCostly(_ path: Substring, _ query: Substring) -> Bool {
        if path.hasSuffix("_history") { return path.utf8.filter { $0 == UInt8(ascii: "/") }.count < 4 }
        if path == "/fhir" || path == "/fhir/" || path.hasSuffix("/*") { return true }
        if query.isEmpty { return false }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            if name.contains(UInt8(ascii: ".")) { return true }
            if pair.first == UInt8(ascii: "_"), costlyNames.contains(where: { pair.starts(with: $0.utf8) }) {
                return true
            }
            guard let mark = name.lastIndex(of: UInt8(ascii: ":")) else { continue }
            if costlyModifiers.contains(where: { name[mark...].elementsEqual($0.utf8) }) { return true }
        }
        return false
    }
}
