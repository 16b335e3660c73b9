/// How often something may happen: so many at once, and so many a second after that.
public struct Rate: Sendable, Equatable {
    /// How many a second, in the long run.
    public let perSecond: Double
    /// How many at once after a rest; at least 1.
    public let burst: Double

    /// Makes a rate.
    public init(perSecond: Double, burst: Double) {
        self.perSecond = max(perSecond, 0.001)
        self.burst = max(burst, 1)
    }

    /// Reads `PER_SECOND:BURST`, such as `5:200`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let perSecond = Double(parts[0]), let burst = Double(parts[1]), perSecond > 0,
            burst >= 1,
            perSecond.isFinite, burst.isFinite
        else { return nil }
        self.init(perSecond: perSecond, burst: burst)
    }

    /// Between two of them, in nanoseconds.
    var interval: Int64 { Int64(1e9 / perSecond) }
    /// How far ahead of its time the last one of a burst may be, in nanoseconds.
    var tolerance: Int64 { Int64((burst - 1) * 1e9 / perSecond) }
}
