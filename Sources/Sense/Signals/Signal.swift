public import Calendar
public import Syndromes

/// A signal and its life, as a Task keeps it.
public struct Signal: Sendable, Hashable, Identifiable {
    /// A dated step of its life.
    public struct Step: Sendable, Hashable {
        /// Where the signal came to stand by it.
        public let stage: SignalStage
        /// When, in milliseconds since 1970 UTC.
        public let at: Int64
        /// Who did it; empty for the house itself.
        public let by: String
        /// What was found, done or learnt.
        public let text: String
    }

    /// A related condition of the same place and days, whose persons are as a rule the same: a signal of its own would tell them twice.
    public struct Part: Sendable, Hashable {
        /// What rose too.
        public let condition: WatchedCondition
        /// Since when the signal tells it, in milliseconds since 1970 UTC.
        public let since: Int64
        /// Among whom; nil: among all.
        public var age: AgeGroup?
        /// The source that counts most.
        public var source: EventSource
        /// Persons in the newest period.
        public var count: Int
        /// How many are usual.
        public var expected: Double
        /// The largest number that is usual.
        public var upper: Double
        /// The probability of so many or more.
        public var p: Double

        /// A part.
        public init(
            condition: WatchedCondition, since: Int64, age: AgeGroup?, source: EventSource, count: Int,
            expected: Double,
            upper: Double, p: Double
        ) {
            self.condition = condition
            self.since = since
            self.age = age
            self.source = source
            self.count = count
            self.expected = expected
            self.upper = upper
            self.p = p
        }
    }

    /// What told it.
    public enum Cause: Sendable, Hashable {
        /// The counts of a district, by what is usual or by an event rule.
        case counts
        /// An event rule within one unit, such as a school, by its name; from report cards.
        case unit(String)
        /// Report cards of an institution, by its name, whose legal time is over.
        case overdue(String)
        /// Results of hazards at a site, by its name.
        case site(String)
        /// The monitoring of the population.
        case population
    }

    /// The Task's id.
    public var id: String
    /// The version that was read; 0 for one that isn't stored.
    public var version: Int
    /// What rose.
    public var condition: WatchedCondition
    /// GB/T 2260 code of the district; 0 for the whole city.
    public var district: Int
    /// Among whom; nil: among all.
    public var age: AgeGroup?
    /// From the first day counted when it was detected to the last one.
    public var window: ClosedRange<CivilDay>
    /// Persons in the newest period.
    public var count: Int
    /// The most persons that a period had.
    public var peak: Int
    /// How many are usual.
    public var expected: Double
    /// The largest number that is usual.
    public var upper: Double
    /// The probability of so many or more; 0 for what a rule tells.
    public var p: Double
    /// Whether an event rule has told it.
    public var isRuled: Bool
    /// What told it.
    public var cause = Cause.counts
    /// The source that counts most.
    public var source: EventSource
    /// Where it stands.
    public var stage: SignalStage
    /// Who is to act; empty for nobody yet.
    public var assignee: String
    /// Until when, in milliseconds since 1970 UTC; nil for one that has ended.
    public var due: Int64?
    /// Organisations that answer for it: `Organization/…` of the district's centre, and of the city's.
    public var owner: String?
    /// The same of the city.
    public var requester: String?
    /// Its life, the first step first.
    public var steps: [Step]
    /// Of a false alarm: why it was one; nil where nobody said.
    public var reason: FalseAlarmReason?
    /// Of a false alarm: whether its lesson was taken back.
    public var isUntaught = false
    /// Related conditions that it tells too, the first one first.
    public var parts: [Part] = []

    /// What a form asks of a step.
    public struct Action: Sendable, Hashable {
        /// Where it leads.
        public var stage: SignalStage
        /// Who acts, for the record.
        public var by: String
        /// What was found, done or learnt.
        public var text: String
        /// Who is to act next; empty for the same as before.
        public var assignee: String
        /// Until when; nil for none.
        public var due: Int64?
        /// Why it was a false alarm, where it leads there.
        public var reason: FalseAlarmReason

        /// A step.
        public init(
            _ stage: SignalStage, by: String, text: String, assignee: String = "", due: Int64? = nil,
            reason: FalseAlarmReason = .other
        ) {
            self.reason = reason
            self.stage = stage
            self.by = by
            self.text = text
            self.assignee = assignee
            self.due = due
        }
    }

    /// Why a step was refused: the field and what to do.
    public struct Refusal: Error, Equatable {
        /// What is wrong.
        public enum Reason: Sendable {
            /// The signal doesn't stand where that step begins.
            case stage
            /// The words are missing.
            case text
            /// Nobody is named who acts.
            case assignee
            /// The time is missing or past.
            case due
        }
        /// What is wrong.
        public let reason: Reason
    }

    /// Takes a step.
    /// - Parameter now: milliseconds since 1970 UTC.
    /// - Throws: ``Refusal``; the signal is then as it was.
    public mutating func take(_ action: Action, now: Int64) throws(Refusal) {
        guard stage.next.contains(action.stage) else { throw Refusal(reason: .stage) }
        guard !action.text.isEmpty || action.stage == .verifying else { throw Refusal(reason: .text) }
        let name = action.assignee.isEmpty ? assignee : action.assignee
        if action.stage.isOpen {
            guard !name.isEmpty else { throw Refusal(reason: .assignee) }
            guard let due = action.due, due > now else { throw Refusal(reason: .due) }
        }
        stage = action.stage
        assignee = name
        due = action.stage.isOpen ? action.due : nil
        if stage == .falseAlarm { reason = action.reason }
        steps.append(Step(stage: action.stage, at: now, by: action.by, text: action.text))
    }

    /// Everything that it tells: what rose first, and related conditions.
    public var conditions: [WatchedCondition] { [condition] + parts.map(\.condition) }

    /// What investigation, contacts and notices go by: the notifiable disease that it tells, else what rose first.
    public var leading: WatchedCondition { conditions.first(where: \.isNotifiable) ?? condition }

    /// The least of the probabilities of what it tells, which ranks it.
    public var leastP: Double { parts.reduce(p) { min($0, $1.p) } }

    /// Persons in the newest period of one of the conditions that it tells; nil for another.
    func count(of condition: WatchedCondition) -> Int? {
        self.condition.id == condition.id ? count : parts.first { $0.condition.id == condition.id }?.count
    }

    /// Whether a finding is about the same persons: of the same place, on days of which some are the same, of a condition that is
    /// related to its own. It tells one notifiable disease at most; what an event rule tells is a signal of its own.
    func takes(_ finding: SignalFinding, _ list: WatchList) -> Bool {
        cause == .counts && stage.isOpen && finding.rule == nil && district == finding.district
            && window.overlaps(finding.window) && list.areRelated(condition, finding.condition)
            && !(finding.condition.isNotifiable && conditions.contains(where: \.isNotifiable))
    }

    /// Takes in what a run has found of a related condition.
    mutating func join(_ finding: SignalFinding, now: Int64) {
        extend(to: finding)
        let index = parts.firstIndex { $0.condition.id == finding.condition.id }
        let part = Part(
            condition: finding.condition, since: index.map { parts[$0].since } ?? now, age: finding.age,
            source: finding.source, count: finding.count, expected: finding.expected, upper: finding.upper,
            p: finding.p)
        if let index { parts[index] = part } else { parts.append(part) }
    }

    private mutating func extend(to finding: SignalFinding) {
        window = min(window.lowerBound, finding.window.lowerBound)...max(window.upperBound, finding.window.upperBound)
    }

    /// Takes in what a later run has found of the same.
    mutating func grow(_ finding: SignalFinding) {
        extend(to: finding)
        count = finding.count
        peak = max(peak, finding.count)
        (expected, upper, p) = (finding.expected, finding.upper, min(p, finding.p))
        isRuled = isRuled || finding.rule != nil
        age = finding.age
    }

    /// Whether it has moved enough since for a version of its own: by a day, or by a tenth of its persons.
    func isWorthTelling(after before: Signal) -> Bool {
        func hasMoved(_ count: Int, _ before: Int) -> Bool { count != before && abs(count - before) * 10 >= before }
        return window != before.window || isRuled != before.isRuled || age != before.age
            || parts.count != before.parts.count || hasMoved(count, before.count)
            || zip(parts, before.parts).contains { hasMoved($0.count, $1.count) }
    }

    /// When it was told first.
    public var detectedAt: Int64 { steps.first?.at ?? 0 }

    /// When it ended; nil for one that is open.
    public var endedAt: Int64? { stage.isOpen ? nil : steps.last?.at }

    /// How long each step took, in milliseconds, the first from detection.
    public var durations: [(stage: SignalStage, milliseconds: Int64)] {
        zip(steps.dropFirst(), steps).map { ($0.stage, $0.at - $1.at) }
    }

    /// Whether its time is over and nothing was done.
    public func isLate(at now: Int64) -> Bool { stage.isOpen && (due.map { $0 < now } ?? false) }
}
