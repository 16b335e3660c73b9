public import JSON

/// Where CodeSystem, ValueSet and ConceptMap resources come from: a record store, files, or a list in a test.
public protocol TerminologySource: Sendable {
    /// A number that changes whenever a resource of the three types is written or deleted. Asked before every answer, so
    /// it must be cheap.
    var revision: Int64 { get throws }

    /// The resource of a type with a canonical URL; nil when there is none.
    ///
    /// - Parameters:
    ///   - type: `CodeSystem`, `ValueSet` or `ConceptMap`.
    ///   - url: the canonical URL without version.
    ///   - version: the wanted business version; nil for the newest, active ones before others.
    func resource(type: String, url: String, version: String?) throws -> JSONDocument?

    /// Every resource of a type, for questions that name none: `$translate` without a map.
    func resources(type: String) throws -> [JSONDocument]
}

/// Resources held in memory.
public struct ListedTerminology: TerminologySource {
    private let documents: [String: [JSONDocument]]
    private let byURL: [String: [JSONDocument]]

    /// - Parameter documents: CodeSystem, ValueSet and ConceptMap resources; others are passed over.
    public init(_ documents: [JSONDocument] = []) {
        self.documents = Dictionary(grouping: documents) { $0.root["resourceType"]?.string ?? "" }
        byURL = Dictionary(grouping: documents) { document in
            Self.key(document.root["resourceType"]?.string ?? "", document.root["url"]?.string ?? "")
        }
    }

    /// Never changes.
    public var revision: Int64 { 0 }

    /// The resource of a type with a canonical URL.
    public func resource(type: String, url: String, version: String?) -> JSONDocument? {
        ResourceVersions.best(of: byURL[Self.key(type, url)] ?? [], version: version)
    }

    /// Every resource of a type.
    public func resources(type: String) -> [JSONDocument] { documents[type] ?? [] }

    private static func key(_ type: String, _ url: String) -> String { "\(type) \(url)" }
}

/// Which of several resources with one canonical URL is meant.
public enum ResourceVersions {
    /// The one with the version asked for; without one, the newest: active before draft before retired, then by version
    /// with numbers compared as numbers, then by `meta.lastUpdated`.
    public static func best(of documents: [JSONDocument], version: String?) -> JSONDocument? {
        let candidates = documents.filter { document in
            version.map { document.root["version"]?.string == $0 } ?? true
        }
        return candidates.max { one, other in precedes(one.root, other.root) }
    }

    private static func precedes(_ one: JSONNode, _ other: JSONNode) -> Bool {
        let ranks = (rank(one), rank(other))
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        switch compare(one["version"]?.string ?? "", other["version"]?.string ?? "") {
        case 0: return updated(one) < updated(other)
        case let order: return order < 0
        }
    }

    private static func rank(_ resource: JSONNode) -> Int {
        switch resource["status"]?.string {
        case "active": 2
        case "retired": 0
        default: 1
        }
    }

    private static func updated(_ resource: JSONNode) -> String { resource["meta"]?["lastUpdated"]?.string ?? "" }

    /// Compares versions part by part: `2.10` comes after `2.9`, `20240101` after `20231231`.
    static func compare(_ one: String, _ other: String) -> Int {
        let separators: Set<Character> = [".", "-", "+", "_"]
        let parts = (one.split { separators.contains($0) }, other.split { separators.contains($0) })
        for (left, right) in zip(parts.0, parts.1) where left != right {
            if let leftNumber = Int(left), let rightNumber = Int(right) {
                if leftNumber != rightNumber { return leftNumber < rightNumber ? -1 : 1 }
            } else {
                return left < right ? -1 : 1
            }
        }
        return parts.0.count - parts.1.count
    }
}
