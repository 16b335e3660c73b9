/// Whether a sender is quick enough. Times are seconds of a clock that only goes forth.
package struct MLLPPace {
    /// In what a sender was too slow.
    package enum Slow: Sendable {
        case frame, idle, reply
    }

    private let limits: MLLPLimits
    private var lastByte: Double
    /// How long the server has waited for bytes of the frame at hand.
    private var waitedSeconds = 0.0
    private var frameBytes = 0.0
    private var replySince: Double?

    /// A connection begins.
    package init(_ limits: MLLPLimits, now: Double) {
        self.limits = limits
        lastByte = now
    }

    /// Bytes have come.
    package mutating func bytesArrived(_ count: Int, now: Double) {
        lastByte = now
        frameBytes += Double(count)
    }

    /// A frame is complete.
    package mutating func frameEnded() {
        waitedSeconds = 0
        frameBytes = 0
    }

    /// Replies wait for the sender to take them.
    package mutating func replyWritten(now: Double) { replySince = replySince ?? now }

    /// The sender has taken all replies.
    package mutating func repliesTaken(now: Double) {
        replySince = nil
        lastByte = now
    }

    /// Looks at the clock.
    /// - Parameters:
    ///   - seconds: since the last look.
    ///   - isInside: whether a frame, or the agreement on TLS, has begun and hasn't ended.
    ///   - isWaiting: whether the server waits for bytes, rather than the sender for the server.
    /// - Returns: in what the sender is too slow; nil when it may go on.
    package mutating func verdict(now: Double, seconds: Double, isInside: Bool, isWaiting: Bool) -> Slow? {
        if let replySince, now - replySince > limits.replySeconds { return .reply }
        guard isWaiting else { return nil }
        guard isInside else { return now - lastByte > limits.idleSeconds ? .idle : nil }
        waitedSeconds += seconds
        return waitedSeconds > limits.frameSeconds + frameBytes / limits.bytesPerSecondMin ? .frame : nil
    }
}
