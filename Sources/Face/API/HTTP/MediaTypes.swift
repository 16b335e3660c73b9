/// Which representation a client asked for. One is spoken: JSON.
enum MediaTypes {
    /// What a FHIR answer is labelled with.
    static let fhirJSON = "application/fhir+json; charset=utf-8"
    static let plainJSON = "application/json; charset=utf-8"

    /// The content type of the answer to an `Accept` header; nil when nothing acceptable is spoken here.
    static func answer(accept: String?) -> String? {
        guard let accept, accept != "*/*", accept != "application/fhir+json" else { return fhirJSON }
        if accept == "application/json" { return plainJSON }
        var best: (quality: Double, label: String)?
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
            guard let name = parts.first, let label = label(of: name) else { continue }
            if let version = parameter("fhirversion", of: parts), version != "4.0", version != "4.0.1" { continue }
            let quality = parameter("q", of: parts).map { Double($0) ?? 0 } ?? 1
            if quality > 0, quality > best?.quality ?? 0 { best = (quality, label) }
        }
        return accept.allSatisfy { $0 == " " } ? fhirJSON : best?.label
    }

    /// The content type asked for by a `_format` parameter; nil when it isn't spoken here.
    static func answer(format: String) -> String? {
        // An unescaped plus sign in a query arrives as a space.
        let name = format.split(separator: ";").first.map { $0.trimmingSpaces().lowercased() } ?? ""
        switch name {
        case "json", "application/fhir+json", "application/fhir json": return fhirJSON
        case "application/json", "text/json": return plainJSON
        default: return nil
        }
    }

    /// Whether a body with this `Content-Type` can be read as FHIR JSON. A body without a label is taken for JSON.
    static func isReadable(_ contentType: String?) -> Bool {
        guard let contentType, contentType != "application/fhir+json" else { return true }
        let parts = contentType.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
        guard let name = parts.first, ["application/fhir+json", "application/json", "text/json"].contains(name) else {
            return false
        }
        guard let charset = parameter("charset", of: parts) else { return true }
        return ["utf-8", "utf8", "us-ascii"].contains(charset)
    }

    /// Whether a body is a form, as `POST _search` sends one.
    static func isForm(_ contentType: String?) -> Bool {
        contentType?.split(separator: ";").first?.trimmingSpaces().lowercased() == "application/x-www-form-urlencoded"
    }

    /// The name of a content type, without parameters.
    static func name(of contentType: String) -> String? {
        contentType.split(separator: ";").first.map { $0.trimmingSpaces().lowercased() }
    }

    private static func label(of range: String) -> String? {
        switch range {
        case "application/fhir+json", "*/*", "application/*": fhirJSON
        case "application/json", "text/json", "text/*": plainJSON
        default: nil
        }
    }

    private static func parameter(_ name: String, of parts: [String]) -> String? {
        for part in parts.dropFirst() where part.hasPrefix(name + "=") {
            return part.dropFirst(name.count + 1).filter { $0 != "\"" }
        }
        return nil
    }
}
