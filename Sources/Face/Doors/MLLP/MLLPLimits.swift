/// What a connection may take, and how many there may be. Times are in seconds.
public struct MLLPLimits: Sendable, Hashable {
    /// Connections at once.
    public var connectionsMax = 2_048
    /// Connections at once from one IPv4 address or one /64 of IPv6.
    public var connectionsPerAddressMax = 1_024
    /// A message or batch within its frame.
    public var frameBytesMax = 32 << 20
    /// What all unfinished frames together may hold.
    public var pendingBytesMax = 512 << 20
    /// Messages of one connection that are at the inbox at once.
    public var groupMax = 128
    /// Bytes outside of frames, one after the other.
    public var noiseBytesMax = 64 << 10
    /// Frames without an end, one after the other.
    public var unfinishedMax = 16
    /// How long a frame may lag behind ``bytesPerSecondMin``, counted while the server waits for it; and how long TLS may
    /// take to be agreed.
    public var frameSeconds = 30.0
    /// The least rate of a frame in the long run.
    public var bytesPerSecondMin = 1_024.0
    /// Between two frames. Interfaces of hospitals keep their connection open through quiet nights.
    public var idleSeconds = 43_200.0
    /// How long the sender may take to take its replies.
    public var replySeconds = 60.0

    /// The defaults.
    public init() {}

    /// How often it is looked whether a sender is too slow.
    var tickSeconds: Double {
        min(max([frameSeconds, idleSeconds, replySeconds].reduce(20) { min($0, $1) } / 4, 0.02), 5)
    }
}
