import Edge
import NIOCore
import NIOHTTP1
import NIOPosix

/// Tells on this machine how the agent is: `GET /`, 200 when all is well and 503 when not, with the status as JSON.
struct AgentHealth: Sendable {
    let queue: AgentQueue
    let host: String
    let port: Int

    /// - Parameter address: `127.0.0.1:8090`, an address of this machine.
    init(_ queue: AgentQueue, _ address: String) throws(AgentMisuse) {
        self.queue = queue
        do { (host, port) = try MLLPListener.split(address) } catch { throw AgentMisuse("health: \(error)") }
        guard NetworkAddress(host)?.isLoopback == true else {
            throw AgentMisuse("health: \(host) is no address of this machine alone; give 127.0.0.1:PORT.")
        }
    }

    /// Answers until the task is cancelled.
    func run() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(AgentHealthHandler(queue))
                }
            }
            .bind(host: host, port: port).get()
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

private final class AgentHealthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let queue: AgentQueue

    init(_ queue: AgentQueue) { self.queue = queue }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let fullness = queue.fullness
        let status = try? queue.read { try AgentStatus($0) }
        let isWell = fullness == nil && status?.isWell == true
        let body = ByteBuffer(string: (status?.json ?? "{}") + "\n")
        let head = HTTPResponseHead(
            version: .http1_1, status: isWell ? .ok : .serviceUnavailable,
            headers: [
                "content-type": "application/json", "content-length": "\(body.readableBytes)", "connection": "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
