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

    /// The leading source.
    public var source: EventSource { leading?.source ?? .diagnosis }
    /// The source that speaks for the finding: of those that count persons the one that counts most, unless a stream alone has
    /// risen.
    public var leading: Evidence? {
        let hasRisen = { (evidence: Evidence) in Double(evidence.observed) > evidence.upper }
        let persons = evidence.filter(\.source.countsPersons)
        let streams = evidence.filter { !$0.source.countsPersons && hasRisen($0) }
        let speakers = persons.contains(where: hasRisen) || streams.isEmpty ? persons : streams
        return speakers.max { $0.observed < $1.observed }
    }
    /// Persons in the newest period, by the leading source; of a stream what it counts.
    public var count: Int { leading?.observed ?? 0 }
    /// How many are usual, of the same source.
    public var expected: Double { leading?.expected ?? 0 }
    /// The largest number that is usual, of the same source.
    public var upper: Double { leading?.upper ?? 0 }
}
