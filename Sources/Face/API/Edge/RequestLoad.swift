import Synchronization

/// How many requests are being answered, so that work in the background can let them go first.
public final class RequestLoad: Sendable {
    private let requests = Mutex(0)

    /// Nothing is being answered.
    public init() {}

    /// How many requests are being answered.
    public var inFlight: Int { requests.withLock { $0 } }

    func began() { requests.withLock { $0 += 1 } }

    func ended() { requests.withLock { $0 -= 1 } }
}
