/// Whether messages come so thick that it pays to wait a moment for more of them: a commit syncs the disk once, and writes the
/// pages that all of its messages touch once, however many they are. Whoever comes alone waits for nobody.
package struct Density: Sendable {
    /// For how long messages are counted before it is said.
    private static let window = Duration.milliseconds(100)

    /// From how many a second on they come thick.
    private let thickRate: Double
    /// The time from the beginning of one commit to that of the next while they do.
    private let pace: Duration
    private var isThick = false
    private var since: ContinuousClock.Instant
    private var count = 0

    package init(thickRate: Double, pace: Duration, now: ContinuousClock.Instant = .now) {
        since = now
        self.thickRate = thickRate
        self.pace = pace
    }

    /// Counts what was taken now.
    ///
    /// - Parameter isFull: whether more is waiting: then there is nothing to wait for.
    /// - Returns: when the next are to be taken; nil: at once.
    package mutating func took(
        _ taken: Int, isFull: Bool, at now: ContinuousClock.Instant = .now
    ) -> ContinuousClock.Instant? {
        count += taken
        let past = since.duration(to: now)
        if past >= Self.window {
            isThick = Double(count) >= thickRate * (past / .seconds(1))
            (since, count) = (now, 0)
        }
        return isThick && !isFull ? now + pace : nil
    }
}
