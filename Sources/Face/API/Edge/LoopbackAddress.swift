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

    /// - Throws: ``Refusal`` for any address that isn't loopback.
    public init(_ host: String) throws(Refusal) {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4Loopback = octets.count == 4 && octets[0] == "127" && octets.allSatisfy { UInt8($0) != nil }
        guard isIPv4Loopback || host == "::1" || host == "localhost" else { throw Refusal(host: host) }
        self.host = host
    }
}
