/// Where a server may listen, by what protects it there.
public struct ListenAddress: Sendable, Equatable {
    /// What makes it safe to listen beyond this machine.
    public struct Protection: Sendable {
        /// Whether every request is decided by who asks (`--access enforced`).
        public var isAccessEnforced: Bool
        /// Whether the server speaks TLS itself.
        public var hasTLS: Bool
        /// Whether proxies that speak TLS for it are named.
        public var hasProxy: Bool
        /// Whether the server has a public name.
        public var hasName: Bool

        /// Says what protects a server.
        public init(isAccessEnforced: Bool, hasTLS: Bool, hasProxy: Bool, hasName: Bool) {
            self.isAccessEnforced = isAccessEnforced
            self.hasTLS = hasTLS
            self.hasProxy = hasProxy
            self.hasName = hasName
        }
    }

    /// Why an address was refused, and what to do.
    public struct Refusal: Error, CustomStringConvertible {
        /// What to tell the operator.
        public let description: String
    }

    /// The host to bind to.
    public let host: String

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { Self.isLoopback(host) }

    /// An address of this machine, or any other one when sign-in and TLS protect it.
    /// - Throws: ``Refusal`` naming the first thing that is missing.
    public init(_ host: String, _ protection: Protection) throws(Refusal) {
        self.host = host
        if protection.hasName, !protection.isAccessEnforced {
            throw Refusal(
                description:
                    "A public name (--public-name) needs --access enforced: without sign-in, whoever can reach "
                    + "the server can read and change every record.")
        }
        if Self.isLoopback(host) { return }
        guard NetworkAddress(host) != nil else {
            throw Refusal(
                description: "\"\(host)\" is no address to listen on. Give one of this machine's, or 0.0.0.0.")
        }
        guard protection.isAccessEnforced else {
            throw Refusal(
                description: "The server does not bind to \(host) without sign-in: whoever can reach it could read and "
                    + "change every record. Add --access enforced, or use 127.0.0.1, ::1 or localhost and an SSH tunnel."
            )
        }
        guard protection.hasTLS || protection.hasProxy else {
            throw Refusal(
                description: "The server does not bind to \(host) without TLS: passwords and records would cross the "
                    + "network in the clear. Add --tls-certificate and --tls-key, or --behind-proxy with the address of "
                    + "a proxy that speaks TLS.")
        }
        guard protection.hasName else {
            throw Refusal(
                description: "The server does not bind to \(host) without its public name: add --public-name, the name "
                    + "by which clients call it.")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || NetworkAddress(host)?.isLoopback == true
    }
}
