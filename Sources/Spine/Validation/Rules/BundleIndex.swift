import JSON

/// The entries of a bundle, by what references call them.
struct BundleIndex {
    /// One entry.
    struct Entry {
        let node: JSONNode
        let fullURL: String?
        let resource: JSONNode?
        let type: String?
        let id: String?
    }

    let type: String
    let entries: [Entry]
    /// The places of entries by fullUrl, and by fullUrl with `/_history/` and version.
    private(set) var byURL: [String: [Int]] = [:]
    /// The places of entries by `Type/id`.
    private(set) var byTypeAndID: [String: [Int]] = [:]

    init(_ bundle: JSONNode) {
        type = bundle[Keys.type]?.string ?? ""
        var entries: [Entry] = []
        for node in bundle[Keys.entry]?.elements.map({ $0 }) ?? [] {
            let resource = node[Keys.resource]
            entries.append(
                Entry(
                    node: node, fullURL: node[Keys.fullURL]?.string, resource: resource,
                    type: resource?[Keys.resourceType]?.string, id: resource?[Keys.id]?.string))
        }
        self.entries = entries
        for (place, entry) in entries.enumerated() {
            if let url = entry.fullURL {
                byURL[url, default: []].append(place)
                if let version = entry.resource?[Keys.meta]?[Keys.versionId]?.string {
                    byURL["\(url)/_history/\(version)", default: []].append(place)
                }
            }
            if let type = entry.type, let id = entry.id { byTypeAndID["\(type)/\(id)", default: []].append(place) }
        }
    }
}
