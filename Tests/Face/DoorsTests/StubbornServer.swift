import HL7v2
import NIOCore
import NIOPosix
import Synchronization

/// An MLLP server that acknowledges twice what it takes (CA, then AA), and refuses what is called R….
final class StubbornServer: Sendable {
    private let seen = Mutex<[String]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    /// The control ids of what came.
    var controls: Set<String> { Set(seen.withLock { $0 }) }

    /// - Returns: the port of this machine on which it listens.
    func start() async throws -> Int {
        let bound = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = bound }
        return bound.localAddress?.port ?? 0
    }

    func stop() async { try? await channel.withLock { $0 }?.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var frames = MLLPFrames()
        private let server: StubbornServer

        init(_ server: StubbornServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for case .message(let bytes) in frames.receive(unwrapInboundIn(data).readableBytesView) {
                guard let control = Reading(bytes).items.first?.message?.text("MSH", 10) else { continue }
                server.seen.withLock { $0.append(control) }
                for code in control.hasPrefix("R") ? ["AE"] : ["CA", "AA"] {
                    let answer = "MSH|^~\\&|B||A||20261122083000||ACK|1|P|2.4\rMSA|\(code)|\(control)\r"
                    context.writeAndFlush(
                        wrapOutboundOut(ByteBuffer(bytes: MLLPFrames.framed(Array(answer.utf8)))), promise: nil)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
