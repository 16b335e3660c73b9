public import JSON

/// Definitions that come along with what is checked: Questionnaires, and profiles.
public struct GivenDefinitions: Sendable {
    private var byURL: [String: JSONNode] = [:]

    /// - Parameter documents: resources with a canonical URL; bundles give their entries, others are passed over.
    public init(_ documents: [JSONDocument] = []) {
        for document in documents {
            let entries = document.root[Keys.entry]?.elements.compactMap { $0[Keys.resource] } ?? []
            for resource in [document.root] + entries {
                guard let type = resource[Keys.resourceType]?.string, let url = resource[Keys.url]?.string else {
                    continue
                }
                byURL["\(type) \(url)"] = resource
                if let version = resource["version"]?.string { byURL["\(type) \(url)|\(version)"] = resource }
            }
        }
    }

    /// The resource of a type with a canonical URL, which may name a version.
    func resource(_ type: String, _ url: String) -> JSONNode? { byURL["\(type) \(url)"] }
}
