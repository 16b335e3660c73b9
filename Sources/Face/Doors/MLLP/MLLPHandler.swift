import HL7v2
import NIOCore
import NIOTLS

/// One connection: cuts frames, has them answered one group after the other, and reads no more meanwhile, so that a sender
/// that is quicker than the inbox is slowed by TCP itself.
final class MLLPHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Answers a group of frames.
    typealias Work = @Sendable () async -> Void

    /// Asks that no more be read: the server stops.
    enum Drain { case now }

    private let desk: MLLPDesk
    private let limits: MLLPLimits
    private let budget: MLLPBudget
    /// Who calls; decided once TLS, where there is any, is agreed.
    private let identify: (ChannelHandlerContext) -> MLLPDesk.Caller
    private let start: (@escaping Work) -> Void

    private var frames: MLLPFrames
    private var pace: MLLPPace
    private var caller: MLLPDesk.Caller?
    private var waiting: [MLLPFrames.Event] = []
    private var heldBytes = 0
    private var unfinished = 0
    private var repliesUnderWay = 0
    private var isBusy = false
    private var isEnding = false
    private var isHeldBack = false
    private var isAgreeing: Bool
    private var tick: Scheduled<Void>?
    private var lastTick = 0.0

    init(
        _ desk: MLLPDesk, _ limits: MLLPLimits, _ budget: MLLPBudget, isTLS: Bool,
        identify: @escaping (ChannelHandlerContext) -> MLLPDesk.Caller, start: @escaping (@escaping Work) -> Void
    ) {
        self.desk = desk
        self.limits = limits
        self.budget = budget
        self.identify = identify
        self.start = start
        isAgreeing = isTLS
        frames = MLLPFrames(messageBytesMax: limits.frameBytesMax)
        lastTick = Self.now
        pace = MLLPPace(limits, now: lastTick)
    }

    /// Seconds of a clock that only goes forth.
    private static var now: Double { Double(NIODeadline.now().uptimeNanoseconds) * 1e-9 }

    func handlerAdded(context: ChannelHandlerContext) { schedule(context) }

    func handlerRemoved(context: ChannelHandlerContext) {
        tick?.cancel()
        tick = nil
        hold(0)
    }

    // MARK: - Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isEnding else { return }
        desk.counters.received(bytes: buffer.readableBytes)
        pace.bytesArrived(buffer.readableBytes, now: Self.now)
        for event in frames.receive(buffer.readableBytesView) { take(event) }
        hold(frames.pendingBytes)
        guard frames.pendingNoiseBytes <= limits.noiseBytesMax, unfinished <= limits.unfinishedMax else {
            desk.counters.count(.noise)
            return context.close(promise: nil)
        }
        guard budget.isKept else {
            desk.counters.count(.long)
            return context.close(promise: nil)
        }
        work(context)
    }

    private func take(_ event: MLLPFrames.Event) {
        switch event {
        case .noise: return
        case .unfinished: unfinished += 1
        case .message, .tooLong:
            unfinished = 0
            desk.counters.framed()
            pace.frameEnded()
        }
        waiting.append(event)
    }

    /// Counts what the frame at hand takes of the memory for all.
    private func hold(_ bytes: Int) {
        budget.add(bytes - heldBytes)
        heldBytes = bytes
    }

    /// Once a connection is to end, what still comes is read and passed over, TLS's own farewell among it: a socket that is
    /// closed on unread bytes takes the last reply with it.
    private var mayRead: Bool { isEnding || !isBusy && repliesUnderWay == 0 }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isHeldBack = true }
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isHeldBack, mayRead else { return }
        isHeldBack = false
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is Drain:
            isEnding = true
            readOn(context)
            work(context)
        case ChannelEvent.inputClosed:
            // A sender that has said all may still wait for its replies.
            for event in frames.finish() { take(event) }
            isEnding = true
            work(context)
        case TLSUserEvent.handshakeCompleted:
            isAgreeing = false
            pace.frameEnded()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isAgreeing { desk.counters.count(.tls) }
        isAgreeing = false
        context.close(promise: nil)
    }

    // MARK: - Answering

    private func work(_ context: ChannelHandlerContext) {
        guard !isBusy else { return }
        guard !waiting.isEmpty else { return end(context) }
        let group = Array(waiting.prefix(limits.groupMax))
        waiting.removeFirst(group.count)
        isBusy = true
        let caller = caller ?? identify(context)
        self.caller = caller
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        start { [desk, loop = context.eventLoop] in
            let replies = await desk.answer(group, from: caller)
            loop.execute {
                let (handler, context) = bound.value
                handler.answered(replies, context)
            }
        }
    }

    private func answered(_ replies: [[UInt8]], _ context: ChannelHandlerContext) {
        isBusy = false
        // Who has gone meanwhile sends what wasn't answered again.
        guard context.channel.isActive else { return }
        write(replies, context)
        if waiting.isEmpty { readOn(context) }
        work(context)
    }

    private func write(_ replies: [[UInt8]], _ context: ChannelHandlerContext) {
        let bytes = replies.reduce(0) { $0 + $1.count }
        guard bytes > 0 else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes)
        for reply in replies { buffer.writeBytes(reply) }
        desk.counters.sent(bytes: bytes)
        repliesUnderWay += 1
        pace.replyWritten(now: Self.now)
        context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in
            self.repliesUnderWay -= 1
            guard self.repliesUnderWay == 0 else { return }
            self.pace.repliesTaken(now: Self.now)
            self.readOn(context)
            self.end(context)
        }
    }

    /// Closes the connection when it is to end and everything that was read is answered.
    private func end(_ context: ChannelHandlerContext) {
        guard isEnding, !isBusy, waiting.isEmpty, repliesUnderWay == 0 else { return }
        context.close(promise: nil)
    }

    // MARK: - The clock

    private func schedule(_ context: ChannelHandlerContext) {
        let after = TimeAmount.nanoseconds(Int64(limits.tickSeconds * 1e9))
        tick = context.eventLoop.assumeIsolated().scheduleTask(in: after) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        let now = Self.now
        let slow = pace.verdict(
            now: now, seconds: now - lastTick, isInside: isAgreeing || frames.isInside,
            isWaiting: !isBusy && repliesUnderWay == 0)
        lastTick = now
        guard let slow else { return schedule(context) }
        if slow != .idle { desk.counters.count(.slow) }
        context.close(promise: nil)
    }
}
