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
    /// A signal tells an outbreak when it is about one of its conditions, about its district or the whole city (of an outbreak of the
    /// whole city: about any district), and told between its first case (by a stream: its first exposure) and 14 days after its last one.
    public init(_ told: [SignalTrial.Told], _ outbreaks: [Outbreak], nights: ClosedRange<CivilDay>) {
        func tells(_ told: SignalTrial.Told, _ outbreak: Outbreak) -> Bool {
            guard let first = outbreak.cases.min(), let last = outbreak.cases.max() else { return false }
            let place = told.signal.district
            let earliest = told.signal.source.countsPersons ? first : min(outbreak.exposed ?? first, first)
            return outbreak.conditions.contains(told.signal.condition.id)
                && (outbreak.district == nil || place == 0 || place == outbreak.district)
                && told.day >= earliest && told.day <= last.advanced(by: Self.tail)
        }
        outcomes = outbreaks.map { outbreak in
            let first = told.first { tells($0, outbreak) }
            return Outcome(
                outbreak: outbreak, told: first,
                days: first.flatMap { told in outbreak.cases.min().map { told.day.number - $0.number } },
                casesSeen: first.map { told in outbreak.cases.count { $0 <= told.day } })
        }
        falseSignals = told.filter { told in !outbreaks.contains { !$0.isArtefact && tells(told, $0) } }
        let weeks = Double(nights.upperBound.number - nights.lowerBound.number + 1) / 7
        falsePerWeek = Double(falseSignals.count) / weeks
    }
}
