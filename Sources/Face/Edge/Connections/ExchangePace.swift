/// Whether a client is quick enough in sending one request's body and in taking the answer.
package struct ExchangePace {
    private let limits: ConnectionLimits
    private var isReading = false
    private var bodyBytes = 0.0
    /// How long the server has waited for bytes of the body.
    private var waitedSeconds = 0.0
    /// When the answer was given to a request whose body goes on.
    private var answered: Double?
    private var pieces = 0
    private var lastPiece = 0.0

    package init(_ limits: ConnectionLimits) { self.limits = limits }

    /// A head has come; its body follows.
    package mutating func headArrived() {
        isReading = true
        bodyBytes = 0
        waitedSeconds = 0
        answered = nil
    }

    /// A piece of the body has come.
    package mutating func bodyArrived(bytes: Int) { bodyBytes += Double(bytes) }

    /// The body is complete.
    /// - Returns: whether its request is answered already.
    @discardableResult
    package mutating func bodyEnded() -> Bool {
        isReading = false
        return answered != nil
    }

    /// The answer was given before the body was complete; what follows is read only to be thrown away.
    package mutating func answered(now: Double) { answered = now }

    /// A large piece of an answer waits for the client to take it.
    package mutating func pieceWritten(now: Double) {
        if pieces == 0 { lastPiece = now }
        pieces += 1
    }

    /// The client has taken a piece.
    package mutating func pieceTaken(now: Double) {
        pieces -= 1
        lastPiece = now
    }

    /// Looks at the clock.
    /// - Parameters:
    ///   - seconds: since the last look.
    ///   - isWaiting: whether the server waits for bytes, rather than the client for the server.
    /// - Returns: why the exchange should end; nil when it may go on.
    package mutating func verdict(now: Double, seconds: Double, isWaiting: Bool) -> SlowClient? {
        if isReading, let answered, now - answered > limits.answerSeconds { return .body }
        if isReading, isWaiting {
            waitedSeconds += seconds
            if waitedSeconds > limits.bodySeconds + bodyBytes / limits.bytesPerSecondMin { return .body }
        }
        return pieces > 0 && now - lastPiece > limits.answerSeconds ? .answer : nil
    }
}
