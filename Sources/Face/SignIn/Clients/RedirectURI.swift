import Foundation

/// What may stand as the address that answers go to (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1, §4.1).
enum RedirectURI {
    /// How long an address may be, in bytes.
    static let bytesMax = 2_000

    /// The rule that an address breaks; nil when it keeps all of them.
    static func fault(_ text: String) -> String? {
        guard (1...bytesMax).contains(text.utf8.count) else { return "An address has 1 to \(bytesMax) bytes." }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""'<>\^`{|};,"#.utf8.contains($0) }) else {
            return "An address is written in ASCII, without blanks, quotation marks, commas and semicolons."
        }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme else {
            return "An address looks like https://app.example/callback."
        }
        guard !text.contains("#") else { return "An address has no fragment." }
        guard scheme == scheme.lowercased() else { return "The scheme is written in small letters." }
        guard parts.user == nil, parts.password == nil,
            !(text.dropFirst(scheme.count + 3).prefix { $0 != "/" }.contains("@"))
        else { return "An address names no user." }
        switch scheme {
        case "https":
            guard let host = parts.host, !host.isEmpty, !host.contains("*") else { return "An address names a host." }
            return nil
        case "http":
            return isLoopback(parts.host) ? nil : "http:// is for this machine alone: 127.0.0.1, [::1] or localhost."
        default:
            // A scheme of an app's own is a domain name turned round (RFC 8252 §7.1), so no javascript: or data:.
            return scheme.contains(".")
                ? nil : "The scheme of an app is a domain name turned round: com.example.app:/done."
        }
    }

    /// Whether a host is this machine.
    static func isLoopback(_ host: String?) -> Bool {
        ["127.0.0.1", "[::1]", "::1", "localhost"].contains(host ?? "")
    }

    /// The origin of a page there (RFC 6454 §6.2), as a browser writes it; nil for an app's own scheme.
    static func origin(_ text: String) -> String? {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, let host = parts.host,
            let standard = ["http": 80, "https": 443][scheme]
        else { return nil }
        let port = parts.port.flatMap { $0 == standard ? nil : ":\($0)" } ?? ""
        return "\(scheme)://\(host.lowercased())\(port)"
    }

    /// The source of Content-Security-Policy that allows a redirection there.
    static func source(_ text: String) -> String? {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme else { return nil }
        guard ["http", "https"].contains(scheme), let host = parts.host else { return "\(scheme):" }
        return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}
