import HTTPTypes

/// What every answer of the portal forbids a browser to do.
enum StrictHeaders {
    /// No inline script or style, nothing from elsewhere, no framing, no guessing of types, no address given away.
    static let common: HTTPFields = {
        var fields = HTTPFields()
        fields[.contentSecurityPolicy] =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        fields[.xContentTypeOptions] = "nosniff"
        add("Referrer-Policy", "no-referrer", to: &fields)
        add("X-Frame-Options", "DENY", to: &fields)
        add("Cross-Origin-Opener-Policy", "same-origin", to: &fields)
        add("Cross-Origin-Resource-Policy", "same-origin", to: &fields)
        add("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()", to: &fields)
        return fields
    }()

    private static func add(_ name: String, _ value: String, to fields: inout HTTPFields) {
        if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
}
