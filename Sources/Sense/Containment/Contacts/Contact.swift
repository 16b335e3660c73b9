public import Calendar
public import Syndromes

/// A contact of a case (密切接触者) and their observation, as a Task keeps it.
public struct Contact: Sendable, Hashable, Identifiable {
    /// A dated step.
    public struct Step: Sendable, Hashable {
        /// What happened.
        public enum What: Sendable, Hashable {
            /// Put on the list.
            case listed
            /// A follow-up and what it found.
            case followed(ContactOutcome)
            /// Anything else.
            case done(ContactAction)
        }

        /// What happened.
        public let what: What
        /// When, in milliseconds since 1970 UTC; of a follow-up when it was made.
        public let at: Int64
        /// Who did it.
        public let by: String
        /// What was found or why.
        public let text: String
        /// Measured at a follow-up, in degrees Celsius.
        public let temperature: Double?
    }

    /// The Task's id.
    public var id: String
    /// The version that was read; 0 for one that isn't stored.
    public var version: Int
    /// The id of the signal's Task.
    public var signal: String
    /// To what they were exposed.
    public var condition: WatchedCondition
    /// Their name.
    public var name: String
    /// Their phone; empty when not known.
    public var phone: String
    /// Where they are to be found; empty when not known.
    public var address: String
    /// GB/T 2260 code of the district that looks after them; 0 when not known.
    public var district: Int
    /// The way of exposure, by ``ContactRules/Kind/id``.
    public var kind: String
    /// The case: `Patient/…`, or `Task/…` of a contact who became one; nil where only a place is known.
    public var exposedTo: String?
    /// The case or place in words.
    public var exposedToName: String
    /// The first and the last day of exposure.
    public var exposure: ClosedRange<CivilDay>
    /// Days of observation after the last exposure.
    public var days: Int
    /// Negative tests that are asked before release.
    public var testsNeeded: Int
    /// Where they stand.
    public var stage: ContactStage
    /// Of a case: the day of onset.
    public var onset: CivilDay?
    /// Of a case: `Patient/…` in the line list, where it stands there already.
    public var person: String?
    /// `Organization/…` that looks after them.
    public var owner: String?
    /// `Organization/…` that sees it too: the one that investigates the signal, or the city's.
    public var requester: String?
    /// Their life, in the order in which it was written.
    public var steps: [Step]

    /// The last day of observation.
    public var lastDay: CivilDay { exposure.upperBound.advanced(by: days) }

    /// When they were put on the list.
    public var listedAt: Int64 { steps.first?.at ?? 0 }

    /// The follow-ups, by time.
    public var followUps: [(outcome: ContactOutcome, step: Step)] {
        steps.compactMap { step in
            if case .followed(let outcome) = step.what { (outcome, step) } else { nil }
        }.sorted { $0.1.at < $1.1.at }
    }

    /// The last follow-up at which they were reached.
    public var lastReached: (outcome: ContactOutcome, step: Step)? { followUps.last { $0.outcome.isReached } }

    /// Whether the last word of them is symptoms or a positive test, and they are still contacts.
    public var isAlarming: Bool { stage.isOpen && (lastReached?.outcome.isAlarming ?? false) }

    /// Negative tests so far.
    public var negatives: Int { followUps.count { $0.outcome == .negative } }

    /// The days on which a follow-up is asked: from the listing to the last day of observation, one at least.
    public var followUpDays: ClosedRange<CivilDay> {
        let first = CivilDay(milliseconds: listedAt)
        return first...max(first, lastDay)
    }

    /// A day of the plan.
    public struct Day: Sendable, Hashable {
        /// How it went.
        public enum State: Sendable, Hashable {
            case done(ContactOutcome)
            /// The day is over and nobody has reached them.
            case missed
            /// Today, still open.
            case today
            case ahead
        }
        /// The day.
        public let day: CivilDay
        /// How it went; the last follow-up that reached them counts.
        public let state: State
    }

    /// Day by day, what was asked and what was done.
    public func plan(today: CivilDay) -> [Day] {
        var reached: [CivilDay: ContactOutcome] = [:]
        for item in followUps where item.outcome.isReached {
            reached[CivilDay(milliseconds: item.step.at)] = item.outcome
        }
        return (followUpDays.lowerBound.number...followUpDays.upperBound.number).map { number in
            let day = CivilDay(number: number)
            let state: Day.State =
                reached[day].map { .done($0) } ?? (day < today ? .missed : day == today ? .today : .ahead)
            return Day(day: day, state: state)
        }
    }

    /// Until when something is to be done, in milliseconds since 1970 UTC: to find them within the hours of the rules, then a
    /// follow-up each day until its end, then the release by the end of the day after; nil when nothing is left.
    public func due(_ rules: ContactRules) -> Int64? {
        guard stage.isOpen else { return nil }
        guard let last = lastReached else { return listedAt + Int64(rules.locateHours) * 3_600_000 }
        let next = max(CivilDay(milliseconds: last.step.at).advanced(by: 1), followUpDays.lowerBound)
        let day = min(next, followUpDays.upperBound.advanced(by: 1))
        return day.advanced(by: 1).startMilliseconds
    }

    /// Whether its time is over.
    public func isOverdue(at now: Int64, _ rules: ContactRules) -> Bool { due(rules).map { $0 < now } ?? false }

    /// Whether only the release is left to do.
    public var awaitsRelease: Bool {
        stage.isOpen && (lastReached.map { CivilDay(milliseconds: $0.step.at) >= lastDay } ?? false)
    }
}
