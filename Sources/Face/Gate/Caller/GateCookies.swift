public import HTTPTypes

/// The cookies of a signed-in browser.
///
/// Over TLS their names begin with `__Host-`, so that a browser takes them from this very host alone and only encrypted
/// (RFC 6265bis, 4.1.3.2); over plain HTTP on this machine they can't.
public struct GateCookies: Sendable {
    /// Whether clients reach the server by TLS.
    public let isSecure: Bool

    init(isSecure: Bool) {
        self.isSecure = isSecure
    }

    /// Holds the session's token.
    public var sessionName: String { isSecure ? "__Host-healthbrain" : "healthbrain_session" }
    /// Holds which of several roles was chosen.
    public var roleName: String { isSecure ? "__Host-healthbrain_role" : "healthbrain_role" }
    /// Holds what the form of the sign-in page is bound to.
    public var formName: String { isSecure ? "__Host-healthbrain_form" : "healthbrain_form" }

    /// A header `Set-Cookie` that lasts until the browser is closed. `Lax` rather than `Strict`, so that a link from a mail
    /// opens signed in; what changes something is guarded by form tokens.
    public func set(_ name: String, _ value: String) -> HTTPField {
        HTTPField(
            name: .setCookie, value: "\(name)=\(value); Path=/; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")")
    }

    /// A header `Set-Cookie` that takes a cookie away.
    public func clear(_ name: String) -> HTTPField {
        HTTPField(
            name: .setCookie,
            value: "\(name)=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\(isSecure ? "; Secure" : "")")
    }

    /// The value of a cookie; nil when there is none, or when there are several of the name.
    public func value(_ name: String, in fields: HTTPFields) -> String? {
        var found: String?
        for header in fields[values: .cookie] {
            for part in header.utf8.split(separator: UInt8(ascii: ";")) {
                let pair = part.drop { $0 == UInt8(ascii: " ") }
                guard pair.starts(with: name.utf8), pair.dropFirst(name.utf8.count).first == UInt8(ascii: "=") else {
                    continue
                }
                if found != nil { return nil }
                found = String(pair.dropFirst(name.utf8.count + 1))
            }
        }
        return found
    }
}
