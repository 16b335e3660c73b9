import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A platform in memory: keeps what is posted, and answers as it is told to.
final class FakePlatform: Sendable {
    struct Request: Sendable {
        var path: String
        var headers: HTTPHeaders
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Answer: Sendable {
        var status: HTTPResponseStatus
        var headers: HTTPHeaders = [:]
        var body = ""
    }

    private let state = Mutex((requests: [Request](), answer: { @Sendable (_: Request) in Answer(status: .accepted) }))
    private let channel = Mutex<(any Channel)?>(nil)

    /// All that was posted, answered well or not.
    var requests: [Request] { state.withLock { $0.requests } }
    /// From now on answers are made so.
    func answer(_ make: @escaping @Sendable (Request) -> Answer) { state.withLock { $0.answer = make } }
    func answer(_ status: HTTPResponseStatus) { answer { _ in Answer(status: status) } }

    /// Listens on a port of this machine, 0 for a free one.
    /// - Returns: the port.
    func start(port: Int = 0) async throws -> Int {
        let bound = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        channel.withLock { $0 = bound }
        return bound.localAddress?.port ?? 0
    }

    func stop() async { try? await channel.withLock { $0 }?.close() }

    private func take(_ request: Request) -> Answer {
        let make = state.withLock { state in
            state.requests.append(request)
            return state.answer
        }
        return make(request)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let platform: FakePlatform
        private var request = Request(path: "", headers: [:], body: [])

        init(_ platform: FakePlatform) { self.platform = platform }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): request = Request(path: head.uri, headers: head.headers, body: [])
            case .body(let buffer): request.body += buffer.readableBytesView
            case .end:
                let answer = platform.take(request)
                var headers = answer.headers
                headers.add(name: "content-length", value: "\(answer.body.utf8.count)")
                context.write(
                    wrapOutboundOut(
                        .head(HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers))),
                    promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
