import Hummingbird
public import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// One connection: HTTP/1.1 in the clear, or over TLS HTTP/1.1 or HTTP/2, whichever the client prefers (ALPN, RFC 7301).
///
/// The TLS context is asked for at each connection, so that a certificate can be changed while the server runs.
struct EdgeChannel: HTTPChannelHandler {
    /// What a connection speaks.
    enum Wire: Sendable {
        case http1(HTTP1Channel.Value)
        case http2(HTTP2Channel.Value)
    }

    struct Value: ServerChildChannelValue {
        let wire: EventLoopFuture<Wire>
        let channel: any Channel
    }

    private let http1: HTTP1Channel
    private let http2: HTTP2Channel
    private let tls: TLSIdentity?
    private let limits: ConnectionLimits
    private let connections: ConnectionCount
    private let counters: EdgeCounters

    var responder: Responder { http1.responder }

    init(_ options: EdgeOptions, responder: @escaping Responder) {
        let limits = options.connections
        let isSecure = options.tls != nil
        var stream = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ExchangeWatch(limits, isSecure: isSecure)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headBytesMax, maxHeaderListSize: limits.headBytesMax,
                maxHeaderFieldCount: limits.fieldsMax))
        stream.idleTimeout = .milliseconds(Int64(limits.idleSeconds * 1_000))
        http1 = HTTP1Channel(responder: responder, configuration: stream)
        http2 = HTTP2Channel(
            responder: responder,
            configuration: HTTP2ChannelConfiguration(
                idleTimeout: .seconds(limits.idleSeconds * 0.8), gracefulCloseTimeout: .seconds(20),
                streamConfiguration: stream))
        tls = options.tls
        self.limits = limits
        counters = options.counters
        connections = ConnectionCount(limits, exempt: options.proxies, counters)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let isAdmitted = connections.admit(channel)
        return channel.eventLoop.makeCompletedFuture {
            let watch = ConnectionWatch(limits, counters)
            try channel.pipeline.syncOperations.addHandler(watch)
            guard let tls else { return http1.setup(channel: channel, logger: logger).map { Wire.http1($0) } }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
            let negotiation = negotiation(channel, NIOLoopBound(watch, eventLoop: channel.eventLoop), logger)
            try channel.pipeline.syncOperations.addHandler(negotiation)
            return negotiation.protocolNegotiationResult
        }.map { (wire: EventLoopFuture<Wire>) in
            if !isAdmitted { channel.close(promise: nil) }
            return Value(wire: wire, channel: channel)
        }
    }

    private func negotiation(
        _ channel: any Channel, _ watch: NIOLoopBound<ConnectionWatch>, _ logger: Logger
    ) -> NIOTypedApplicationProtocolNegotiationHandler<Wire> {
        NIOTypedApplicationProtocolNegotiationHandler { result in
            guard case .negotiated("h2") = result else {
                return http1.setup(channel: channel, logger: logger).map { .http1($0) }
            }
            watch.value.multiplexed()
            return http2.setup(channel: channel, logger: logger).map { .http2($0) }
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.wire.get() {
            case .http1(let channel): await http1.handle(value: channel, logger: logger)
            case .http2(let channel): await http2.handle(value: channel, logger: logger)
            }
        } catch {
            // Who spoke no TLS, or went away before it was agreed, has asked nothing.
            logger.debug("connection ended before its first request")
        }
    }
}

extension HTTPServerBuilder {
    /// A server by the options of the edge.
    public static func edge(_ options: EdgeOptions) -> HTTPServerBuilder {
        HTTPServerBuilder { EdgeChannel(options, responder: $0) }
    }
}
