import HTTPTypes

/// Whether a browser says that a page of another site made it send a request (OWASP: CSRF prevention, fetch metadata).
enum CrossSite {
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    /// True when the request comes from elsewhere; false when it comes from here, or from no browser.
    static func isForeign(_ head: HTTPRequest) -> Bool {
        if let name = fetchSite, let site = head.headerFields[name] { return site != "same-origin" && site != "none" }
        guard let origin = head.headerFields[.origin] else { return false }
        guard let mark = origin.firstRange(of: "://"), let authority = head.authority else { return true }
        return origin[mark.upperBound...].lowercased() != authority.lowercased()
    }
}
