/// ETags of FHIR: `W/"3"`, the version id in a weak tag (<https://hl7.org/fhir/R4/http.html#versioning>).
enum EntityTag {
    /// The tag of a version.
    static func text(_ versionID: Int) -> String { "W/\"\(versionID)\"" }

    /// What an `If-Match` or `If-None-Match` header asks for.
    enum Condition: Equatable {
        /// `*`: any version at all.
        case any
        /// One of these versions.
        case versions([Int])

        /// Whether the version satisfies the condition.
        func matches(_ versionID: Int) -> Bool {
            switch self {
            case .any: true
            case .versions(let versions): versions.contains(versionID)
            }
        }
    }

    /// Reads a condition: `*`, or a list of tags, each weak or strong. Tags that aren't version numbers match nothing.
    /// Returns nil when there is no tag in the text.
    static func condition(_ text: String) -> Condition? {
        let tags = text.split(separator: ",").map { $0.trimmingSpaces() }
        if tags == ["*"] { return .any }
        var versions: [Int] = []
        for tag in tags {
            var tag = tag
            if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
            guard tag.count >= 2, tag.first == "\"", tag.last == "\"" else { return nil }
            if let version = Int(tag.dropFirst().dropLast()) { versions.append(version) }
        }
        return tags.isEmpty ? nil : .versions(versions)
    }
}

extension Substring {
    /// Without spaces and tabs at both ends.
    func trimmingSpaces() -> Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
