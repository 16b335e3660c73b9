import FHIR
import JSON

// Documents and messages: the first entry leads to all the others.
extension RuleRun {
    mutating func headed(_ index: BundleIndex, _ visit: Int) {
        let wanted = index.type == "document" ? "Composition" : "MessageHeader"
        guard let head = index.entries.first, let resource = head.resource else {
            return report(
                .error, .required, "the first entry must have a resource, the \(wanted)", visit, below: "entry[0]")
        }
        guard head.type == wanted else {
            return report(
                .error, .invalid, "the first resource of a \(index.type) must be a \(wanted)", visit,
                below: "entry[0].resource")
        }
        var told: Set<Int> = []
        if wanted == "Composition" {
            composition(resource, index, visit, &told)
        } else {
            for reference in values(resource, "focus") { resolve(reference, index, visit, &told) }
        }
        reach(index, visit, told)
    }

    private func values(_ node: JSONNode, _ key: JSONKey) -> [JSONNode] {
        guard let value = node[key] else { return [] }
        return value.isArray ? value.elements.map { $0 } : [value]
    }

    private mutating func composition(
        _ composition: JSONNode, _ index: BundleIndex, _ visit: Int, _ told: inout Set<Int>
    ) {
        var references: [JSONNode] = []
        for key: JSONKey in ["subject", "author", "encounter", "custodian"] {
            references += values(composition, key)
        }
        for attester in values(composition, "attester") { references += values(attester, "party") }
        for event in values(composition, "event") { references += values(event, "detail") }
        var sections = values(composition, "section")
        while let section = sections.popLast() {
            references += values(section, "author") + values(section, "focus") + values(section, "entry")
            sections += values(section, "section")
        }
        for reference in references { resolve(reference, index, visit, &told) }
    }

    /// What a Composition or MessageHeader refers to is in the bundle, once.
    private mutating func resolve(
        _ reference: JSONNode, _ index: BundleIndex, _ visit: Int, _ told: inout Set<Int>
    ) {
        guard let text = reference[Keys.reference]?.string, !text.isEmpty, !text.hasPrefix("#"),
            let head = index.entries.first
        else { return }
        let place = path(of: reference, visit)
        switch find(text, from: head, index) {
        case .one: break
        case .several(let count):
            told.insert(reference.identity)
            report(
                .error, .multipleMatches, "\(count) entries of the bundle match \(shown(text))", place ?? visit)
        case .none(let isApparent):
            told.insert(reference.identity)
            let hint =
                isApparent
                ? "; an entry has this type and id, but its fullUrl does not match" : ""
            report(.error, .notFound, "the bundle has no entry for \(shown(text))\(hint)", place ?? visit)
        case .unknown: break
        }
    }

    /// The visit of a node.
    private func path(of node: JSONNode, _ bundle: Int) -> Int? {
        // Visits stand in the order of the tape.
        var low = bundle
        var high = survey.visits.count
        while low < high {
            let middle = (low + high) / 2
            if Int(survey.visits[middle].place) < node.identity { low = middle + 1 } else { high = middle }
        }
        return low < survey.visits.count && Int(survey.visits[low].place) == node.identity ? low : nil
    }

    enum Found {
        case one(Int)
        case several(Int)
        /// Whether an entry has the same type and id.
        case none(Bool)
        /// A form that the bundle can't decide.
        case unknown
    }

    /// Resolves a reference by fullUrl alone, as R4 asks.
    func find(_ reference: String, from entry: BundleIndex.Entry, _ index: BundleIndex) -> Found {
        let text = String(reference.prefix { $0 != "#" })
        if URIForms.isAbsolute(text) {
            guard let places = index.byURL[text] else { return .none(false) }
            return places.count == 1 ? .one(places[0]) : .several(places.count)
        }
        if let url = entry.fullURL, let own = URIForms.restful(url, definitions.isResourceType),
            own.type == entry.type, own.id == entry.id, let places = index.byURL[own.base + text]
        {
            return places.count == 1 ? .one(places[0]) : .several(places.count)
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, definitions.isResourceType(String(parts[0])) else { return .unknown }
        return .none(index.byTypeAndID["\(parts[0])/\(parts[1])"] != nil)
    }

    /// Every entry is reached from the first one, or refers to one that is.
    private mutating func reach(_ index: BundleIndex, _ visit: Int, _ told: Set<Int>) {
        let links = index.entries.map { entry in
            entry.resource.map { targets(of: $0, entry, index) } ?? []
        }
        fragments(index, visit)
        var reached: Set<Int> = []
        var open = [0]
        while let next = open.popLast() {
            guard reached.insert(next).inserted else { continue }
            open += links[next]
        }
        for link in node(visit)[Keys.link]?.elements.map({ $0 }) ?? []
        where link[Keys.relation]?.equals("stylesheet") == true {
            if let url = link[Keys.url]?.string { reached.formUnion(index.byTypeAndID[url] ?? []) }
        }
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for place in index.entries.indices where !reached.contains(place) {
                guard links[place].contains(where: { reached.contains($0) }) else { continue }
                isGrowing = true
                if index.type == "document", index.entries[place].type != "Provenance" {
                    report(
                        .warning, .invalid,
                        "the entry is not reached from the Composition; only Provenance may stand so in R4", visit,
                        below: "entry[\(place)]")
                }
                var open = [place]
                while let next = open.popLast() {
                    guard reached.insert(next).inserted else { continue }
                    open += links[next]
                }
            }
        }
        for place in index.entries.indices where !reached.contains(place) && index.entries[place].resource != nil {
            report(
                index.type == "document" ? .error : .warning, .informational,
                "no reference leads from or to this entry: is it part of the \(index.type)?", visit,
                below: "entry[\(place)]")
        }
    }

    /// The entries that a resource refers to.
    private func targets(of resource: JSONNode, _ entry: BundleIndex.Entry, _ index: BundleIndex) -> [Int] {
        var found: [Int] = []
        guard let first = path(of: resource, 0) else { return [] }
        for inner in first..<subtreeEnd(first) {
            guard let text = target(inner) else { continue }
            if case .one(let place) = find(text, from: entry, index) { found.append(place) }
        }
        return found
    }

    /// A reference, or a URI that may be one.
    private func target(_ visit: Int) -> String? {
        if survey.visits[visit].structure >= 0 {
            guard book.pages[Int(survey.visits[visit].structure)].role == .reference else { return nil }
            return node(visit)[Keys.reference]?.string
        }
        switch survey.primitive(of: visit) {
        case .uri, .url: break
        default: return nil
        }
        guard !["system", "profile", "fullUrl"].contains(survey.element(of: visit)) else { return nil }
        return node(visit).string
    }

    /// A narrative link leads to one element of the entry that it names.
    private mutating func fragments(_ index: BundleIndex, _ visit: Int) {
        for inner in (visit + 1)..<subtreeEnd(visit) where survey.visits[inner].structure < 0 {
            guard let text = target(inner), let hash = text.firstIndex(of: "#"), hash > text.startIndex else {
                continue
            }
            guard case .one(let place) = find(text, from: index.entries[0], index),
                let resource = index.entries[place].resource
            else { continue }
            let id = String(text[text.index(after: hash)...])
            let count = Narrative.ids(in: resource).filter { $0 == id }.count
            guard count != 1 else { continue }
            report(
                .error, count == 0 ? .notFound : .multipleMatches,
                count == 0
                    ? "the resource that \(shown(text)) names has no element with this id"
                    : "the resource that \(shown(text)) names has \(count) elements with this id", inner)
        }
    }
}
