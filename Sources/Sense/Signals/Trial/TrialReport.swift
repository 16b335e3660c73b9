public import Calendar
import Syndromes

/// What a trial told, held against what had been planted.
public struct TrialReport: Sendable {
    /// The truth about one outbreak, for the report alone.
    public struct Outbreak: Sendable, Hashable {
        /// What names it.
        public var id: String
        /// Conditions that its cases count for.
        public var conditions: Set<String>
        /// GB/T 2260 code of its district; nil for the whole city.
        public var district: Int?
        /// The days on which its cases were seen, in any order.
        public var cases: [CivilDay]
        /// From when what causes it may show in streams, before anybody is ill; nil: not before the first case.
        public var exposed: CivilDay?
        /// Whether it is an artefact, which must not be told.
        public var isArtefact: Bool

        /// An outbreak.
        public init(
            id: String, conditions: Set<String>, district: Int?, cases: [CivilDay], exposed: CivilDay? = nil,
            isArtefact: Bool
        ) {
            self.id = id
            self.conditions = conditions
            self.district = district
            self.cases = cases
            self.exposed = exposed
            self.isArtefact = isArtefact
        }
    }

    /// What became of one outbreak.
    public struct Outcome: Sendable {
        /// The outbreak.
        public let outbreak: Outbreak
        /// The first signal that tells it; nil where none does.
        public let told: SignalTrial.Told?
        /// Days from the first case to that signal; below 0 for one that streams told before.
        public let days: Int?
        /// How many of its cases had been seen by then.
        public let casesSeen: Int?
        /// The source that speaks for it in that signal.
        public let source: EventSource?
        /// Whether an event rule told it.
        public let isRuled: Bool
        /// How many signals tell it.
        public let signals: Int
    }

    /// In the order in which they were given.
    public let outcomes: [Outcome]
    /// Signals that tell no planted outbreak, those of artefacts among them.
    public let falseSignals: [SignalTrial.Told]
    /// False signals in a week.
    public let falsePerWeek: Double
    /// Days after the last case on which a signal may still tell an outbreak.
    private static let tail = 14

    /// Holds signals against the truth.
    ///
    /// A signal tells an outbreak when one of the conditions that it tells is one of the outbreak's, it is about its district or the whole
    /// city (of an outbreak of the whole city: about any district), and told that condition for the first time between the first case
    /// (by a stream: the first exposure) and 14 days after the last one. What joins a signal that was told before tells an outbreak
    /// like any other, and is never a false signal of its own.
    public init(_ told: [SignalTrial.Told], _ outbreaks: [Outbreak], nights: ClosedRange<CivilDay>) {
        func news(_ told: SignalTrial.Told, of outbreak: Outbreak) -> SignalTrial.Told.News? {
            guard let first = outbreak.cases.min(), let last = outbreak.cases.max() else { return nil }
            let place = told.signal.district
            guard outbreak.district == nil || place == 0 || place == outbreak.district else { return nil }
            return told.news.first { news in
                let earliest = news.source.countsPersons ? first : min(outbreak.exposed ?? first, first)
                return outbreak.conditions.contains(news.condition.id)
                    && told.day >= earliest && told.day <= last.advanced(by: Self.tail)
            }
        }
        outcomes = outbreaks.map { outbreak in
            let telling = told.filter { news($0, of: outbreak) != nil }
            let first = telling.first
            let news = first.flatMap { news($0, of: outbreak) }
            return Outcome(
                outbreak: outbreak, told: first,
                days: first.flatMap { told in outbreak.cases.min().map { told.day.number - $0.number } },
                casesSeen: first.map { told in outbreak.cases.count { $0 <= told.day } },
                source: news?.source, isRuled: news?.isRuled ?? false, signals: Set(telling.map(\.signal.id)).count)
        }
        falseSignals = told.filter { told in
            told.joined == nil && !outbreaks.contains { !$0.isArtefact && news(told, of: $0) != nil }
        }
        let weeks = Double(nights.upperBound.number - nights.lowerBound.number + 1) / 7
        falsePerWeek = Double(falseSignals.count) / weeks
    }
}
