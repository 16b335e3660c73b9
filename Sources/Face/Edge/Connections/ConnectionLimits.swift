/// How many connections there may be, and how long a client may take on one. Times are in seconds.
public struct ConnectionLimits: Sendable {
    /// Connections at once.
    public var connectionsMax = 8_192
    /// Connections at once from one IPv4 address or one /64 of IPv6.
    public var connectionsPerAddressMax = 4_096
    /// From the beginning of a connection, its TLS included, or of a further request to the end of the request's head.
    public var headSeconds = 20.0
    /// Between two requests.
    public var idleSeconds = 75.0
    /// How long a body may lag behind ``bytesPerSecondMin``, counted while the server waits for it.
    public var bodySeconds = 20.0
    /// The least rate of a body in the long run.
    public var bytesPerSecondMin = 1_024.0
    /// How long the client may take for the next piece (64 KiB) of an answer.
    public var answerSeconds = 60.0
    /// Header fields of a request.
    public var fieldsMax = 100
    /// The request's line and its fields, in bytes; HTTP/2 allows 16 KiB.
    public var headBytesMax = 80 << 10

    /// The defaults.
    public init() {}

    /// How often it is looked whether a client is too slow.
    var tickSeconds: Double {
        min(max([headSeconds, idleSeconds, bodySeconds, answerSeconds].reduce(20) { min($0, $1) } / 4, 0.02), 5)
    }
}
