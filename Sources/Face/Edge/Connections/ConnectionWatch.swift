import NIOCore

/// Watches a connection from its first byte on, TLS or not, and closes it when its client is too slow. All exchanges of the
/// connection are looked at by the same clock.
final class ConnectionWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var pace: ConnectionPace
    private let limits: ConnectionLimits
    private let counters: EdgeCounters
    private var exchanges: [ObjectIdentifier: ExchangeWatch] = [:]
    private var tick: Scheduled<Void>?
    private var lastTick: Double

    init(_ limits: ConnectionLimits, _ counters: EdgeCounters) {
        self.limits = limits
        self.counters = counters
        lastTick = Self.now
        pace = ConnectionPace(limits, now: lastTick)
    }

    /// Seconds of a clock that only goes forth.
    static var now: Double { Double(NIODeadline.now().uptimeNanoseconds) * 1e-9 }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        tick?.cancel()
        tick = nil
        exchanges = [:]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pace.bytesArrived(now: Self.now)
        context.fireChannelRead(data)
    }

    /// The connection speaks HTTP/2.
    func multiplexed() { pace.multiplexed(now: Self.now) }

    func add(_ exchange: ExchangeWatch) { exchanges[ObjectIdentifier(exchange)] = exchange }

    func remove(_ exchange: ExchangeWatch) { exchanges[ObjectIdentifier(exchange)] = nil }

    func requestBegan() { pace.requestBegan() }

    func requestEnded() { pace.requestEnded(now: Self.now) }

    private func schedule(_ context: ChannelHandlerContext) {
        let after = TimeAmount.nanoseconds(Int64(limits.tickSeconds * 1e9))
        tick = context.eventLoop.assumeIsolated().scheduleTask(in: after) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        let now = Self.now
        let seconds = now - lastTick
        lastTick = now
        for exchange in exchanges.values {
            guard let reason = exchange.verdict(now: now, seconds: seconds) else { continue }
            counters.count(slow: reason)
            exchange.end()
        }
        if let reason = pace.verdict(now: now) {
            if reason != .idle { counters.count(slow: reason) }
            context.close(promise: nil)
        } else {
            schedule(context)
        }
    }
}
