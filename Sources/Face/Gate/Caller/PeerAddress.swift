import Edge

/// The network address that the running request comes from.
public enum PeerAddress {
    /// As text, without a port; empty when it is not known.
    public static var current: String { Arrival.current.client?.description ?? "" }

    /// Whether it is one of this machine.
    public static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
