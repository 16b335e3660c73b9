/// Where a person stands on a pathway, what somebody must do, and when to look again.
public struct PersonPlan: Sendable, Equatable {
    /// A time on the pathway.
    public struct Enrolment: Sendable, Equatable {
        /// When it began.
        public var entered: Moment
        /// What it began with: the action and the moment.
        public var key: String
        /// When it ended; nil while it lasts.
        public var left: Moment?
        /// The action by which it ended.
        public var leaving: String?
        /// The kind of leaving, such as `death`.
        public var reason: String?
    }

    /// A dated grade.
    public struct Grade: Sendable, Equatable {
        /// The action.
        public var part: String
        /// Names it: the action and the moment.
        public var key: String
        /// Of when it is.
        public var moment: Moment
        /// The resource that it was made from.
        public var basis: String?
        /// The code's system; empty for none.
        public var system: String
        /// The code.
        public var code: String
        /// Its name.
        public var display: String
        /// Why.
        public var rationale: String
    }

    /// A step of the funnel.
    public struct Milestone: Sendable, Equatable {
        /// The action.
        public var part: String
        /// Whether it is reached.
        public var isReached: Bool
        /// When it was reached first, where a moment tells.
        public var at: Moment?
    }

    /// The pathway's id.
    public var pathway: String
    /// The definition: `url|version`.
    public var canonical: String
    /// The person's times on the pathway, the earliest first.
    public var enrolments: [Enrolment] = []
    /// The stage; nil where there is none.
    public var stage: String?
    /// What somebody must do, or had to.
    public var occurrences: [Occurrence] = []
    /// The grades, in order of time.
    public var grades: [Grade] = []
    /// The steps of the funnel in the order of the file.
    public var milestones: [Milestone] = []
    /// The earliest instant at which anything changes by time alone, in milliseconds; nil: never.
    public var nextLook: Int64?
    /// What couldn't be worked out: the action and the fault.
    public var faults: [String] = []

    /// The time on the pathway that lasts; nil where the person isn't on it.
    public var current: Enrolment? { enrolments.last.flatMap { $0.left == nil ? $0 : nil } }
}

/// Something that somebody must do, or had to, for one moment.
public struct Occurrence: Sendable, Equatable {
    /// How far it is.
    public enum State: String, Sendable, CaseIterable {
        /// Its window opens later.
        case waiting
        /// It is to be done.
        case open
        /// Its window has closed and it isn't done.
        case overdue
        /// It is done.
        case done
        /// It is no longer asked for, or was answered otherwise.
        case cancelled
    }

    /// How it was answered.
    public enum Outcome: String, Sendable {
        /// Done.
        case completed
        /// Declined, with a reason.
        case declined
        /// Not possible, with a reason.
        case notPossible = "not-possible"
        /// Not asked for any more.
        case withdrawn
    }

    /// What follows an overdue one.
    public struct Escalation: Sendable, Equatable {
        /// Its place among the steps, from 0.
        public var step: Int
        /// The step.
        public var rule: EscalationRule
        /// Since when, in milliseconds.
        public var at: Int64
        /// Until when it is to be answered, in milliseconds.
        public var due: Int64
    }

    /// The action.
    public var part: String
    /// Names it: the action and the moment. The same moment never makes two.
    public var key: String
    /// The moment.
    public var moment: Moment
    /// The resource that made it.
    public var basis: String?
    /// When its window opens, in milliseconds.
    public var opens: Int64
    /// The last millisecond of its window.
    public var due: Int64
    /// How far it is.
    public var state: State
    /// How it was answered.
    public var outcome: Outcome?
    /// When it was done or answered, where that is told.
    public var doneAt: Moment?
    /// The resources that show that it was done.
    public var evidence: [String] = []
    /// Whether a person has answered its Task.
    public var isAnswered = false
    /// Whether somebody says that it was done, and nothing in the record shows it.
    public var isByWord = false
    /// Whether the definition no longer asks for it: what stands of it is history.
    public var isPast = false
    /// The day on which the programme was first followed here, where the window runs from that day because it had begun before.
    public var since: Moment?
    /// What its moment is, of one that the definition has worked out: a dose with the rules for its day.
    public var words: Words?
    /// Why it was cancelled.
    public var note = ""
    /// The steps that have followed.
    public var escalations: [Escalation] = []
}
