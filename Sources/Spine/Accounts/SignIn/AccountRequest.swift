/// Where a call comes from.
public struct AccountRequest: Sendable, Hashable {
    /// The client's network address, as the transport or a trusted proxy tells.
    public var address: String
    /// The header User-Agent.
    public var userAgent: String

    /// Names where a call comes from.
    public init(address: String, userAgent: String = "") {
        self.address = address
        self.userAgent = userAgent
    }
}
