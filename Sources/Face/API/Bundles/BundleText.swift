import FHIR
import JSON
import Records

/// Puts a Bundle together from texts that are JSON already: what is stored is copied, never parsed again.
struct BundleText {
    private var bytes: [UInt8] = []
    private var hasEntries = false

    /// Begins a Bundle.
    /// - Parameters:
    ///   - type: the code of `Bundle.type`.
    ///   - total: how many matches there are in all; nil when they weren't counted.
    ///   - capacity: the size to expect, in bytes.
    init(type: String, total: Int?, capacity: Int = 4096) {
        bytes.reserveCapacity(capacity)
        put("{\"resourceType\":\"Bundle\",\"type\":\"\(type)\"")
        if let total { put(",\"total\":\(total)") }
    }

    /// Writes the links. Comes before the first entry.
    mutating func links(_ links: PageLinks) {
        put(",\"link\":[{\"relation\":\"self\",\"url\":")
        bytes.append(contentsOf: jsonQuoted(links.this))
        if let next = links.next {
            put("},{\"relation\":\"next\",\"url\":")
            bytes.append(contentsOf: jsonQuoted(next))
        }
        put("}]")
    }

    /// Adds a resource that a search found.
    mutating func searchEntry(_ key: ResourceKey, _ body: [UInt8], mode: String, base: String) {
        beginEntry()
        put("\"fullUrl\":\"\(base)/\(key)\",\"resource\":")
        bytes.append(contentsOf: body)
        put(",\"search\":{\"mode\":\"\(mode)\"}}")
    }

    /// Adds what the server has to say about a search.
    mutating func outcomeEntry(_ outcome: [UInt8]) {
        beginEntry()
        put("\"resource\":")
        bytes.append(contentsOf: outcome)
        put(",\"search\":{\"mode\":\"outcome\"}}")
    }

    /// Adds one version of a history, with the request that made it.
    /// - Parameter body: what is shown of the resource.
    mutating func historyEntry(_ version: Version, _ body: [UInt8], base: String) {
        beginEntry()
        put("\"fullUrl\":\"\(base)/\(version.key)\"")
        if version.verb != .delete {
            put(",\"resource\":")
            bytes.append(contentsOf: body)
        }
        let (method, url, status) =
            switch version.verb {
            case .create: ("POST", version.key.type, "201")
            case .update: ("PUT", version.key.description, "200")
            case .delete: ("DELETE", version.key.description, "204")
            }
        put(",\"request\":{\"method\":\"\(method)\",\"url\":\"\(url)\"}")
        put(",\"response\":{\"status\":\"\(status)\",\"etag\":\"W/\\\"\(version.versionID)\\\"\"")
        put(",\"lastModified\":\"\(isoInstant(version.lastUpdated))\"}}")
    }

    /// Ends the Bundle.
    consuming func finished() -> [UInt8] {
        put(hasEntries ? "]}" : "}")
        return bytes
    }

    private mutating func beginEntry() {
        put(hasEntries ? ",{" : ",\"entry\":[{")
        hasEntries = true
    }

    private mutating func put(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
