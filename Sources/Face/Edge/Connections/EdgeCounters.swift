import Synchronization

/// What the edge has turned away, for the metrics.
public final class EdgeCounters: Sendable {
    /// Why something was turned away.
    public enum Reason: String, Sendable, CaseIterable {
        /// A client too slow in sending a head, sending a body, or taking an answer.
        case slowHead = "slow-head"
        case slowBody = "slow-body"
        case slowAnswer = "slow-answer"
        /// A connection too many.
        case connections
        /// A request too many.
        case rate
        /// A request for another name, by an insecure way, or with a target that can be read in two ways.
        case name
        case insecure
        case target
    }

    private let counts = Mutex([Int](repeating: 0, count: Reason.allCases.count))
    private let connections = Atomic<Int>(0)

    /// Begins at nothing.
    public init() {}

    /// Counts one.
    public func count(_ reason: Reason) {
        guard let place = Reason.allCases.firstIndex(of: reason) else { return }
        counts.withLock { $0[place] += 1 }
    }

    func count(slow reason: SlowClient) {
        switch reason {
        case .head: count(.slowHead)
        case .body: count(.slowBody)
        case .answer: count(.slowAnswer)
        case .idle: break
        }
    }

    func opened() { connections.add(1, ordering: .relaxed) }

    func closed() { connections.subtract(1, ordering: .relaxed) }

    /// Connections that are open.
    public var open: Int { connections.load(ordering: .relaxed) }

    /// Everything turned away so far.
    public var refused: [(Reason, Int)] {
        let counts = counts.withLock { $0 }
        return Array(zip(Reason.allCases, counts))
    }
}
