import FHIR
import JSON

// Bundles that hold together: R4, "Bundle", "Documents" and "Messaging".
extension RuleRun {
    func index(of bundle: Int) -> BundleIndex {
        bundles[bundle] ?? BundleIndex(node(bundle))
    }

    mutating func bundle(_ visit: Int) {
        let value = node(visit)
        let index = BundleIndex(value)
        bundles[visit] = index
        links(value, index.type, visit)
        if index.entries.isEmpty {
            if index.type == "document" || index.type == "message" {
                report(.error, .required, "a bundle of type \(index.type) must have entries", visit, below: "entry")
            }
        } else if index.type == "document" || index.type == "message" {
            headed(index, visit)
        } else if index.type == "searchset" {
            searchSet(value, index, visit)
        }
        for (position, entry) in index.entries.enumerated() { fullURL(entry, position, index, visit) }
    }

    private mutating func links(_ bundle: JSONNode, _ type: String, _ visit: Int) {
        let paging = ["first", "previous", "next", "last"]
        let mayPage = type == "searchset" || type == "history"
        var seen: Set<String> = []
        for (position, link) in (bundle[Keys.link]?.elements.map { $0 } ?? []).enumerated() {
            guard let relation = link[Keys.relation]?.string else { continue }
            let place = "link[\(position)].relation"
            if paging.contains(relation), !mayPage {
                report(
                    .error, .invalid, "a bundle of type \(type) must not have a \(relation) link", visit, below: place)
            }
            if relation == "self" || paging.contains(relation), !seen.insert(relation).inserted {
                report(.error, .duplicate, "a bundle may have one \(relation) link only", visit, below: place)
            }
            if relation == "stylesheet", type == "document", let url = link[Keys.url]?.string,
                !URIForms.isAbsolute(url), index(of: visit).byTypeAndID[url] == nil
            {
                report(
                    .error, .notFound, "the document has no entry for the stylesheet \(shown(url))", visit,
                    below: "link[\(position)].url")
            }
        }
    }

    private mutating func fullURL(_ entry: BundleIndex.Entry, _ position: Int, _ index: BundleIndex, _ visit: Int) {
        let place = "entry[\(position)]"
        guard let url = entry.fullURL else {
            let isOptional = ["transaction", "transaction-response", "batch", "batch-response", ""].contains(index.type)
            if !isOptional {
                // What a search tells about itself is no resource with a place (R4, `Bundle.entry.fullUrl`).
                let isNameless = entry.node[Keys.search]?[Keys.mode]?.equals("outcome") == true
                report(
                    isNameless ? .warning : .error, .required,
                    "an entry of a bundle of type \(index.type) needs a fullUrl", visit, below: place
                )
            }
            if entry.node[Keys.request]?[Keys.method]?.equals("PUT") == true, entry.resource != nil, entry.id == nil,
                entry.node[Keys.request]?[Keys.url]?.string?.contains("?") != true
            {
                report(.error, .required, "a resource that is put needs its id", visit, below: place + ".resource")
            }
            return
        }
        guard URIForms.isAbsolute(url) else {
            return report(.error, .invalid, "fullUrl must be absolute; found \(shown(url))", visit, below: place)
        }
        guard let type = entry.type, let found = URIForms.restful(url, definitions.isResourceType) else {
            canonical(entry, url, place, visit)
            return
        }
        guard let id = entry.id else {
            return report(
                .error, .required, "fullUrl names the id \(found.id), but the resource has none", visit, below: place)
        }
        if found.type != type || found.id != id {
            report(
                .error, .invalid, "fullUrl \(shown(url)) must end with /\(type)/\(id), the type and id of its resource",
                visit, below: place)
        }
    }

    /// A canonical URL is a fullUrl only where it ends with the id.
    private mutating func canonical(_ entry: BundleIndex.Entry, _ url: String, _ place: String, _ visit: Int) {
        guard entry.resource?[Keys.url]?.equals(url) == true, !url.hasPrefix("http://hl7.org/fhir/v2/"),
            !url.hasPrefix("http://hl7.org/fhir/v3/")
        else { return }
        report(
            .error, .invalid, "fullUrl is the canonical URL \(shown(url)), which names no place of the resource", visit,
            below: place)
    }

    private mutating func searchSet(_ bundle: JSONNode, _ index: BundleIndex, _ visit: Int) {
        let links = bundle[Keys.link]?.elements.map { $0 } ?? []
        guard let link = links.first(where: { $0[Keys.relation]?.equals("self") == true }) else {
            report(.warning, .invalid, "a search set should have a self link", visit)
            return searchEntries(index, [], visit)
        }
        searchEntries(index, searched(link[Keys.url]?.string ?? ""), visit)
    }

    /// The resource types that a search asks for.
    private func searched(_ url: String) -> Set<String> {
        let parts = url.split(separator: "?", maxSplits: 1)
        guard let head = parts.first?.split(separator: "/").last else { return [] }
        if definitions.isResourceType(String(head)) { return [String(head)] }
        guard parts.count > 1 else { return [] }
        let types = parts[1].split(separator: "&").first { $0.hasPrefix("_type=") }
        return Set((types?.dropFirst(6).split(separator: ",") ?? []).map(String.init))
    }

    private mutating func searchEntries(_ index: BundleIndex, _ types: Set<String>, _ visit: Int) {
        for (position, entry) in index.entries.enumerated() {
            let place = "entry[\(position)].resource"
            guard let type = entry.type else {
                if entry.resource == nil {
                    report(.error, .required, "an entry of a search set must have a resource", visit, below: place)
                }
                continue
            }
            switch entry.node[Keys.search]?[Keys.mode]?.string {
            case "match":
                if entry.id == nil { report(.error, .required, "a match must have its id", visit, below: place) }
                if !types.isEmpty, !types.contains(type) {
                    report(
                        .error, .invalid,
                        "a \(type) can't match a search for \(types.sorted().joined(separator: ", "))", visit,
                        below: place)
                }
            case "include":
                if entry.id == nil {
                    report(.error, .required, "an included resource must have its id", visit, below: place)
                }
            case "outcome":
                if type != "OperationOutcome" {
                    report(
                        .error, .invalid, "an entry of mode outcome holds an OperationOutcome; found \(type)", visit,
                        below: place)
                }
            default: break
            }
        }
    }
}
