import Gate
public import Hummingbird
import NIOCore

/// What the door is told about a request: what pages are told, and where it comes from.
public struct DoorContext: InitializableFromSource {
    /// What pages are told.
    let pages: BasicRequestContext
    private let channel: any Channel

    /// Takes what the server knows.
    public init(source: ApplicationRequestContextSource) {
        pages = BasicRequestContext(source: source)
        channel = source.channel
    }

    /// The network address of the other end, without a port; empty where there is none.
    var address: String { channel.remoteAddress?.ipAddress ?? "" }
}
