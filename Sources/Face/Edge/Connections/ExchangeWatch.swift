import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Watches the requests of an HTTP/1.1 connection, or the one of an HTTP/2 stream, for the ``ConnectionWatch`` of the
/// connection; and dresses the answers that the server's library makes by itself, to what is no HTTP.
final class ExchangeWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Answers are written in pieces of this size, so that it shows whether they are taken.
    private static let pieceBytes = 64 << 10
    /// Answers below this size fit into what the system holds for a client.
    private static let watchedBytesMin = 16 << 10

    private var pace: ExchangePace
    private var connection: ConnectionWatch?
    private var context: ChannelHandlerContext?
    private var isWaiting = false
    /// Whether a body is being read.
    private var isReading = false
    /// Requests that are not both read and answered.
    private var unfinished = 0
    private var isHeadTooLarge = false
    private let isSecure: Bool

    init(_ limits: ConnectionLimits, isSecure: Bool) {
        pace = ExchangePace(limits)
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connection = Self.watch(in: context.channel) ?? context.channel.parent.flatMap(Self.watch(in:))
        connection?.add(self)
    }

    /// The watch of a channel; over HTTP/2 it is with the connection, the parent of the stream.
    private static func watch(in channel: any Channel) -> ConnectionWatch? {
        guard channel.eventLoop.inEventLoop else { return nil }
        return try? channel.pipeline.syncOperations.handler(type: ConnectionWatch.self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        while unfinished > 0 { finished() }
        connection?.remove(self)
        connection = nil
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        isWaiting = true
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isWaiting = false
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            pace.headArrived()
            isReading = true
            unfinished += 1
            connection?.requestBegan()
        case .body(let piece): pace.bodyArrived(bytes: piece.readableBytes)
        case .end:
            isReading = false
            if pace.bodyEnded() { finished() }
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case HTTPParserError.headerOverflow = error { isHeadTooLarge = true }
        context.fireErrorCaught(error)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status == .badRequest && head.headerFields[.date] == nil:
            context.write(wrapOutboundOut(.head(dressed(head))), promise: promise)
        case .body(let body) where body.readableBytes >= Self.watchedBytesMin:
            writeInPieces(body, context, promise)
        case .end:
            context.write(data, promise: promise)
            // An answer may come before the body is read; an earlier one is never behind the body that is being read.
            if isReading, unfinished == 1 { pace.answered(now: ConnectionWatch.now) } else { finished() }
        default: context.write(data, promise: promise)
        }
    }

    private func finished() {
        guard unfinished > 0 else { return }
        unfinished -= 1
        connection?.requestEnded()
    }

    private func writeInPieces(_ body: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?)
    {
        var body = body
        while let piece = body.readSlice(length: min(body.readableBytes, Self.pieceBytes)), piece.readableBytes > 0 {
            let isLast = body.readableBytes == 0
            let taken = isLast ? promise ?? context.eventLoop.makePromise() : context.eventLoop.makePromise()
            pace.pieceWritten(now: ConnectionWatch.now)
            taken.futureResult.assumeIsolated().whenComplete { _ in self.pace.pieceTaken(now: ConnectionWatch.now) }
            context.write(wrapOutboundOut(.body(piece)), promise: taken)
        }
    }

    /// What the library answers to what it could not read.
    private func dressed(_ head: HTTPResponse) -> HTTPResponse {
        var head = head
        if isHeadTooLarge { head.status = .requestHeaderFieldsTooLarge }
        SecurityHeaders.add(to: &head.headerFields, isSecure: isSecure)
        return head
    }

    func verdict(now: Double, seconds: Double) -> SlowClient? {
        pace.verdict(now: now, seconds: seconds, isWaiting: isWaiting)
    }

    /// Closes the connection, or the stream alone.
    func end() { context?.close(promise: nil) }
}
