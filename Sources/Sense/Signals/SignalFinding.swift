public import Calendar
public import Syndromes

/// What a run has found unusual in one condition and place.
public struct SignalFinding: Sendable, Hashable {
    /// One stream of counts.
    public struct Evidence: Sendable, Hashable {
        /// What was counted.
        public let source: EventSource
        /// Persons in the newest period.
        public let observed: Int
        /// How many are usual.
        public let expected: Double
        /// The largest number that is usual, at a one-sided level of 0.01.
        public let upper: Double
        /// The probability of so many or more.
        public let p: Double
    }

    /// What rose.
    public let condition: WatchedCondition
    /// GB/T 2260 code of the district; 0 for all of them.
    public let district: Int
    /// Among whom, where an age group stands out; nil: among all.
    public let age: AgeGroup?
    /// The days counted.
    public let window: ClosedRange<CivilDay>
    /// Each source, the least likely first.
    public let evidence: [Evidence]
    /// The probability of all sources together; 0 for what a rule tells.
    public let p: Double
    /// The share of false signals if the list were cut below this one; 0 for what a rule tells.
    public let falseDiscoveryRate: Double
    /// The event rule that tells it; nil: it was found by what is usual.
    public let rule: WatchedCondition.EventRule?

    /// The source that counts most.
    public var source: EventSource { evidence.max { $0.observed < $1.observed }?.source ?? .diagnosis }
    /// Persons in the newest period, by the source that counts most.
    public var count: Int { evidence.map(\.observed).max() ?? 0 }
    /// How many are usual, of the same source.
    public var expected: Double { evidence.max { $0.observed < $1.observed }?.expected ?? 0 }
    /// The largest number that is usual, of the same source.
    public var upper: Double { evidence.max { $0.observed < $1.observed }?.upper ?? 0 }
}
