public import HTTPTypes

/// What every answer forbids a browser to do. Pages say more of it themselves; what is set already is left alone.
public enum SecurityHeaders {
    /// `Strict-Transport-Security` (RFC 6797): a year, with all names below this one.
    static let transport = HTTPField(
        name: .strictTransportSecurity, value: "max-age=31536000; includeSubDomains")

    /// For answers that are data: nothing in them is to be run, shown in a frame, kept, or taken by a page from elsewhere.
    static let data: [HTTPField] = [
        HTTPField(name: .cacheControl, value: "no-store"),
        HTTPField(
            name: .contentSecurityPolicy,
            value:
                "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
        ),
        HTTPField(name: .xContentTypeOptions, value: "nosniff"),
        HTTPField(name: .named("Referrer-Policy"), value: "no-referrer"),
        HTTPField(name: .named("X-Frame-Options"), value: "DENY"),
        HTTPField(name: .named("Cross-Origin-Resource-Policy"), value: "same-origin"),
    ]

    /// Adds all of them to an answer that says none of them itself.
    /// - Parameter isSecure: whether it goes out by TLS.
    public static func append(to fields: inout HTTPFields, isSecure: Bool) {
        for field in data { fields.append(field) }
        if isSecure { fields.append(transport) }
    }

    /// Adds to an answer what it does not say itself.
    /// - Parameter isSecure: whether it goes out by TLS.
    public static func add(to fields: inout HTTPFields, isSecure: Bool) {
        for field in data where !fields.contains(field.name) { fields.append(field) }
        if isSecure, !fields.contains(.strictTransportSecurity) { fields.append(transport) }
    }
}
