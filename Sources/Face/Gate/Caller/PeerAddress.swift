/// The network address that the running request comes from. The edge sets it for all that a request does.
public enum PeerAddress {
    /// As text, without a port; empty when it is not known.
    @TaskLocal public static var current = ""

    /// Whether it is one of this machine.
    public static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}
