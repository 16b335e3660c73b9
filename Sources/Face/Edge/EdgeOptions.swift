/// Where and how a server meets the network.
public struct EdgeOptions: Sendable {
    /// The host to bind to.
    public var host: String
    /// The TCP port; 0 lets the system choose.
    public var port: Int
    /// Certificate and key; nil for HTTP in the clear.
    public var tls: TLSIdentity?
    /// The names by which the server may be called.
    public var names: OwnNames
    /// Proxies whose word on client and scheme is taken.
    public var proxies: [AddressRange]
    /// Limits of connections.
    public var connections: ConnectionLimits
    /// How often who may ask; nil for no limit.
    public var rates: RateLimits?
    /// Who may read the metrics from elsewhere.
    public var monitors: [AddressRange]
    /// Whether only this machine can reach the server by itself.
    public var isLoopback: Bool
    /// What was turned away.
    public let counters = EdgeCounters()

    /// The scheme of the server's addresses.
    public var scheme: String { tls == nil ? "http" : "https" }

    /// Options with defaults: in the clear, on this machine alone, without rates.
    public init(
        host: String = "127.0.0.1", port: Int = 8080, isLoopback: Bool = true, tls: TLSIdentity? = nil,
        names: OwnNames = .loopback, proxies: [AddressRange] = [], connections: ConnectionLimits = ConnectionLimits(),
        rates: RateLimits? = nil, monitors: [AddressRange] = []
    ) {
        self.host = host
        self.port = port
        self.isLoopback = isLoopback
        self.tls = tls
        self.names = names
        self.proxies = proxies
        self.connections = connections
        self.rates = rates
        self.monitors = monitors
    }
}
