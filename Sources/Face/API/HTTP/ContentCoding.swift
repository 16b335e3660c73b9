/// Which content coding an `Accept-Encoding` header allows for an answer (RFC 9110 section 12.5.3).
enum ContentCoding {
    /// Whether gzip is allowed and not less welcome than the plain text.
    static func prefersGzip(_ acceptEncoding: String?) -> Bool {
        guard let acceptEncoding else { return false }
        var gzip: Double?
        var identity: Double?
        var rest: Double?
        for item in acceptEncoding.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
            guard let name = parts.first else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            switch name {
            case "gzip", "x-gzip": gzip = quality
            case "identity": identity = quality
            case "*": rest = quality
            default: break
            }
        }
        guard let wanted = gzip ?? rest, wanted > 0 else { return false }
        return wanted >= identity ?? 0
    }
}
