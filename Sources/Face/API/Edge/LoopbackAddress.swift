/// An address of this machine that only this machine can reach.
public struct LoopbackAddress: Sendable, Equatable {
    /// Why an address was refused.
    public struct Refusal: Error, CustomStringConvertible {
        /// The address asked for.
        public let host: String

        /// What to tell the operator.
        public var description: String {
            "The server does not bind to \(host): it has no sign-in yet, so whoever can reach it can read and change "
                + "every record. Only 127.0.0.1, ::1 and localhost are allowed. To reach it from elsewhere, use an "
                + "SSH tunnel."
        }
    }

    /// The host to bind to.
    public let host: String

    /// Whether a request's authority (`Host`) names this machine: a page from elsewhere that had its own name point here
    /// (DNS rebinding) is none of ours. A request without one comes from no browser.
    static func isNamed(by authority: String?) -> Bool {
        guard let authority, !authority.isEmpty else { return true }
        var host = Substring(authority)
        if host.first == "[" {
            host = host.dropFirst().prefix { $0 != "]" }
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        return (try? LoopbackAddress(host.lowercased())) != nil
    }

    /// - Throws: ``Refusal`` for any address that isn't loopback.
    public init(_ host: String) throws(Refusal) {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4Loopback = octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
        guard isIPv4Loopback || host == "::1" || host == "localhost" else { throw Refusal(host: host) }
        self.host = host
    }
}
