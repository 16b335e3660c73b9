/// A canonical URL as references write it: `http://example.org/vs|2.0`.
struct Canonical: Hashable, Sendable {
    /// The URL without version.
    let url: String
    /// What stands behind the bar; nil when there is none.
    let version: String?

    /// - Parameters:
    ///   - text: the reference; a fragment is dropped.
    ///   - version: the version where the text has none.
    init(_ text: String, version: String? = nil) {
        let parts = text.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let named = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
        url = parts.first.map(String.init) ?? text
        self.version = named ?? version
    }

    /// `url|version`, or the URL alone.
    var text: String { version.map { "\(url)|\($0)" } ?? url }
}
