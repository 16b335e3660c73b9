import HTTPTypes

/// The cookies of a sign-in. By TLS they have the prefix `__Host-`, which ties them to this host and to `Secure`
/// (RFC 6265bis §4.1.3.2).
struct SessionCookies {
    private let isSecure: Bool

    init(isSecure: Bool) { self.isSecure = isSecure }

    /// The session's token.
    var session: String { isSecure ? "__Host-healthbrain" : "healthbrain_session" }
    /// The role chosen in this session.
    var role: String { isSecure ? "__Host-healthbrain_role" : "healthbrain_role" }
    /// What the form of the sign-in page is bound to.
    var form: String { isSecure ? "__Host-healthbrain_form" : "healthbrain_form" }

    /// A cookie that ends with the browser, not readable by script.
    /// - Parameter isStrict: whether it is sent only by our own pages, not by a link from elsewhere.
    func set(_ name: String, _ value: String, isStrict: Bool = false) -> String {
        "\(name)=\(value); Path=/; HttpOnly; SameSite=\(isStrict ? "Strict" : "Lax")" + (isSecure ? "; Secure" : "")
    }

    /// The cookie that takes one away.
    func clear(_ name: String) -> String { set(name, "") + "; Max-Age=0" }

    /// The value of a cookie in a `Cookie` header.
    func value(_ name: String, in fields: HTTPFields) -> String? {
        Preferences.cookies(fields[.cookie])[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
