import Gate
public import Hummingbird
import NIOCore

/// What the doorstep is told about a request: what those behind it are told, and where it comes from.
public struct DoorstepContext: InitializableFromSource {
    fileprivate let inner: BasicRequestContext
    private let channel: any Channel

    /// Takes what the server knows.
    public init(source: ApplicationRequestContextSource) {
        inner = BasicRequestContext(source: source)
        channel = source.channel
    }

    /// The network address of the other end, without a port; empty where there is none.
    fileprivate var address: String { channel.remoteAddress?.ipAddress ?? "" }
}

/// Stands before the door and lets ``PeerAddress/current`` tell all behind it where a request comes from.
public struct Doorstep<Inner: HTTPResponder>: HTTPResponder where Inner.Context == BasicRequestContext {
    /// What it is told about a request.
    public typealias Context = DoorstepContext

    private let inner: Inner
    private let tellsAddress: Bool

    /// - Parameters:
    ///   - inner: what answers.
    ///   - tellsAddress: whether anybody behind asks where a request comes from.
    init(_ inner: Inner, tellsAddress: Bool) {
        self.inner = inner
        self.tellsAddress = tellsAddress
    }

    /// Has a request answered.
    public func respond(to request: Request, context: DoorstepContext) async throws -> Response {
        guard tellsAddress else { return try await inner.respond(to: request, context: context.inner) }
        return try await PeerAddress.$current.withValue(context.address) {
            try await inner.respond(to: request, context: context.inner)
        }
    }
}
