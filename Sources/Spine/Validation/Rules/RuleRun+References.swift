import FHIR
import JSON

// Where references lead.
extension RuleRun {
    /// `ref-1`, and in full depth what the bundle around a reference says of it.
    mutating func reference(_ visit: Int) {
        guard let value = node(visit)[Keys.reference], let text = value.string, !text.isEmpty else { return }
        if options.depth == .full, text.contains(where: \.isWhitespace) {
            return report(.error, .invalid, "a reference has no whitespace; found \(shown(text))", visit)
        }
        if text.hasPrefix("#") {
            contained(text, visit)
        } else if options.depth == .full {
            typed(text, visit)
            bundled(text, visit)
        }
    }

    private mutating func contained(_ text: String, _ visit: Int) {
        guard text.count > 1 else { return }
        let container = node(container(around: visit))
        let id = String(text.dropFirst())
        if container[Keys.id]?.equals(id) == true { return }
        let isThere = container[Keys.contained]?.elements.contains { $0[Keys.id]?.equals(id) == true } ?? false
        if !isThere { broken("ref-1", .error, visit) }
    }

    /// `Reference.type` and the reference itself agree.
    private mutating func typed(_ text: String, _ visit: Int) {
        guard let type = node(visit)[Keys.type]?.string, definitions.isResourceType(type) else { return }
        let parts = text.split(separator: "/")
        guard parts.count >= 2, !text.hasPrefix("urn:") else { return }
        let named = parts.last { definitions.isResourceType(String($0)) }
        guard let named, named != type else { return }
        report(
            .error, .structure, "the reference says it is to a \(type), but names a \(named)", visit, below: "type")
    }

    /// Inside a bundle a reference is resolved by the bundle's rules (R4, "Bundle", section 2.36.4).
    private mutating func bundled(_ text: String, _ visit: Int) {
        guard let place = entry(around: visit) else { return }
        let bundle = node(place.bundle)
        let kind = bundle[Keys.type]?.string ?? ""
        let entry = node(place.entry)
        var target = text
        var version = ""
        if let history = text.firstRange(of: "/_history/") {
            target = String(text[..<history.lowerBound])
            version = String(text[history.upperBound...])
        }
        var wantedType: String?
        if !URIForms.isAbsolute(text) {
            guard let fullURL = entry[Keys.fullURL]?.string else {
                if !["batch-response", "transaction-response"].contains(kind) {
                    report(
                        .error, .required,
                        "a relative reference inside a bundle needs the fullUrl of its entry, which is missing", visit)
                }
                return
            }
            let slashes = text.utf8.filter { $0 == UInt8(ascii: "/") }.count
            guard slashes == 1 || slashes == 3 else {
                // The structural walk tells of malformed ones; a search URL stands in transactions alone.
                if kind != "transaction", text.contains("?") {
                    report(
                        .error, .invalid,
                        "a conditional reference may stand in a transaction only; found \(shown(text))", visit)
                }
                return
            }
            if fullURL.hasPrefix("urn:") {
                let parts = target.split(separator: "/")
                guard parts.count == 2 else { return }
                wantedType = String(parts[0])
                let base = fullURL[...(fullURL.lastIndex(of: ":") ?? fullURL.startIndex)]
                target = String(base) + parts[1]
            } else {
                let parts = fullURL.split(separator: "/", omittingEmptySubsequences: false)
                target = parts.dropLast(2).joined(separator: "/") + "/" + target
            }
        }
        let index = index(of: place.bundle)
        let matches = (index.byURL[target] ?? []).map { index.entries[$0] }.filter { candidate in
            guard !version.isEmpty else { return true }
            return candidate.resource?[Keys.meta]?[Keys.versionId]?.equals(version) == true
        }
        if matches.count > 1 {
            report(
                .error, .multipleMatches,
                "\(matches.count) entries of the bundle match the reference \(shown(text))", visit)
        }
        guard let match = matches.first?.resource, let found = match[Keys.resourceType]?.string else { return }
        if let wantedType, wantedType != found {
            report(
                .error, .structure, "the reference \(shown(text)) leads to a \(found) in the bundle", visit)
        } else if text.hasPrefix("urn:") {
            let targets = survey.targets(of: visit)
            if !targets.isEmpty, !targets.contains(found) {
                report(
                    .error, .structure,
                    "the reference must point to \(targets.joined(separator: ", ")); in the bundle it leads to a \(found)",
                    visit)
            }
        }
    }

    /// The innermost bundle entry around an element, and its bundle.
    func entry(around visit: Int) -> (entry: Int, bundle: Int)? {
        var at = resource(around: visit)
        while at >= 0 {
            let parent = Int(survey.visits[at].parent)
            guard parent >= 0 else { return nil }
            let outer = Int(survey.visits[parent].parent)
            if outer >= 0, survey.element(of: at) == "resource", survey.element(of: parent) == "entry",
                book.pages[Int(survey.visits[outer].structure)].role == .bundle
            {
                return (parent, outer)
            }
            at = resource(around: parent)
        }
        return nil
    }
}
