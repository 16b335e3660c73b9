/// Whether a connection may stay open: how far its next request has come, and since when. Times are seconds of a clock
/// that only goes forth.
package struct ConnectionPace {
    private enum Phase {
        /// Waiting for the whole head of a request, since the connection's or the request's first byte.
        case head(since: Double)
        /// Nothing is under way.
        case idle(since: Double)
        /// Requests are being read or answered.
        case busy(Int)
    }

    private let limits: ConnectionLimits
    private var phase: Phase
    /// Over HTTP/2 bytes between requests are frames of the connection, not the beginning of a request.
    private var isMultiplexed = false

    package init(_ limits: ConnectionLimits, now: Double) {
        self.limits = limits
        phase = .head(since: now)
    }

    /// Bytes have come.
    package mutating func bytesArrived(now: Double) {
        if case .idle = phase, !isMultiplexed { phase = .head(since: now) }
    }

    /// The connection turned out to speak HTTP/2.
    package mutating func multiplexed(now: Double) {
        isMultiplexed = true
        phase = .idle(since: now)
    }

    /// The head of a request is complete.
    package mutating func requestBegan() {
        if case .busy(let count) = phase { phase = .busy(count + 1) } else { phase = .busy(1) }
    }

    /// A request is read and answered.
    package mutating func requestEnded(now: Double) {
        guard case .busy(let count) = phase else { return }
        phase = count > 1 ? .busy(count - 1) : .idle(since: now)
    }

    /// Why the connection should be closed; nil when it may stay.
    package func verdict(now: Double) -> SlowClient? {
        switch phase {
        case .head(let since): now - since > limits.headSeconds ? .head : nil
        case .idle(let since): now - since > limits.idleSeconds ? .idle : nil
        case .busy: nil
        }
    }
}

/// In what a client was too slow.
public enum SlowClient: String, Sendable, CaseIterable {
    /// Sending the head of a request.
    case head
    /// Asking anything at all.
    case idle
    /// Sending the body of a request.
    case body
    /// Taking the answer.
    case answer
}
