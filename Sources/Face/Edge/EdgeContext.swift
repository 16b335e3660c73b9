public import Hummingbird

/// What the edge knows of a request beside its head: who has the other end of the connection.
public struct EdgeContext: InitializableFromSource {
    /// What pages and interactions are told.
    public let basic: BasicRequestContext
    /// The peer of the connection; nil for what is no socket of the internet's.
    public let peer: NetworkAddress?

    /// Reads the connection.
    public init(source: ApplicationRequestContextSource) {
        basic = BasicRequestContext(source: source)
        peer = NetworkAddress(source.channel.remoteAddress)
    }
}
