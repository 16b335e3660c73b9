import FHIR
import JSON

// Rules of primitives: URIs and narratives.
extension RuleRun {
    mutating func primitive(_ visit: Int) {
        switch survey.primitive(of: visit) {
        case .xhtml: narrative(visit)
        case .uri, .url, .canonical, .oid, .uuid:
            guard options.depth == .full, let text = node(visit).string else { return }
            uri(text, visit)
        default: break
        }
    }

    private mutating func uri(_ text: String, _ visit: Int) {
        if text.hasPrefix("oid:") || text.hasPrefix("uuid:") {
            return report(.error, .invalid, "a URI must not start with oid: or uuid:; write urn:\(text)", visit)
        }
        named(text, visit)
        if survey.primitive(of: visit) == .canonical, !text.hasPrefix("#"), !URIForms.isAbsolute(text) {
            // A warning: R4 says it in prose, and its own examples are full of `Library/example`.
            return report(
                .warning, .invalid, "a canonical should be absolute or begin with #; found \(shown(text))", visit)
        }
        guard survey.element(of: visit) == "url", survey.visits[visit].parent >= 0 else { return }
        let parent = Int(survey.visits[visit].parent)
        if resource(around: visit) == parent, survey.primitive(of: visit) == .uri, !URIForms.isAbsolute(text) {
            report(.error, .invalid, "a canonical URL must be absolute; found \(shown(text))", visit)
        }
    }

    /// URNs of UUIDs and OIDs have their form in any URI.
    private mutating func named(_ text: String, _ visit: Int) {
        switch survey.primitive(of: visit) {
        // Their forms are those of the structural walk.
        case .uuid, .oid: return
        default: break
        }
        if text.hasPrefix("urn:uuid:") {
            let rest = text.dropFirst(9).prefix { $0 != "#" && $0 != "|" }
            if !URIForms.isUUID(rest) { report(.error, .invalid, "\(shown(text)) holds no UUID", visit) }
        } else if text.hasPrefix("urn:oid:") {
            let rest = text.dropFirst(8).prefix { $0 != "#" && $0 != "|" }
            if !URIForms.isOID(rest) { report(.error, .invalid, "\(shown(text)) holds no OID", visit) }
        }
    }

    /// A text as it may stand in a message.
    func shown(_ text: String) -> String {
        text.count > 80 ? "\"\(text.prefix(80))…\"" : "\"\(text)\""
    }
}
