public import Calendar

/// A series of doses against one disease: which dose comes next, from when, until when, for whom.
///
/// Its steps are a table. A step matches when the counts of valid doses, the person and the day of the rule are as it says; the first
/// one that matches, may be given and can still be given in time is the next dose.
public struct DoseSeries: Sendable, Hashable {
    /// For whom a rule is.
    public struct Who: Sendable, Hashable {
        /// FHIR's administrative gender; nil: everybody.
        public var sex: String?
        /// Born on this day or later.
        public var bornFrom: CivilDay?
        /// Born before this day.
        public var bornBefore: CivilDay?
        /// States one of which holds; empty: not asked.
        public var states: [String]
        /// States none of which holds.
        public var without: [String]

        /// For whom.
        public init(
            sex: String? = nil, bornFrom: CivilDay? = nil, bornBefore: CivilDay? = nil, states: [String] = [],
            without: [String] = []
        ) {
            self.sex = sex
            self.bornFrom = bornFrom
            self.bornBefore = bornBefore
            self.states = states
            self.without = without
        }
    }

    /// Doses that are counted together.
    public struct Group: Sendable, Hashable {
        /// The components that count.
        public var components: Set<String>
        /// Only those given at this age or later.
        public var from: DoseAge?
        /// Only those given before this age.
        public var before: DoseAge?

        /// A group.
        public init(components: Set<String>, from: DoseAge? = nil, before: DoseAge? = nil) {
            self.components = components
            self.from = from
            self.before = before
        }
    }

    /// How many: `2`, `1..`, `..3`.
    public typealias Counts = [String: ClosedRange<Int>]

    /// The least time since the last dose of a group.
    public struct Interval: Sendable, Hashable {
        /// The group, a component, or nil for any dose of the series.
        public var group: String?
        /// The least time.
        public var span: DoseSpan

        /// An interval.
        public init(_ span: DoseSpan, since group: String? = nil) {
            self.group = group
            self.span = span
        }
    }

    /// One dose at its place.
    public struct Step: Sendable, Hashable {
        /// Its name in the series.
        public var id: String
        /// The dose's number, for people; nil: it isn't numbered.
        public var number: Int?
        /// What else is to be told about it.
        public var note: DoseWords?
        /// The products that may be proposed, the best first; empty: it is never proposed, but counts when it was given.
        public var give: [String]
        /// The components that count here.
        public var accepts: Set<String>
        /// How many valid doses stand before it.
        public var have: Counts
        /// For whom.
        public var who: Who
        /// The first day on which the rule holds; nil: always.
        public var inForceFrom: CivilDay?
        /// The first day on which the rule doesn't hold any more; nil: it holds.
        public var inForceUntil: CivilDay?
        /// The least age.
        public var from: DoseAge
        /// The age at which it is too late; nil: never.
        public var before: DoseAge?
        /// Least times since earlier doses.
        public var after: [Interval]
        /// The age by which it should be given; nil: none is said.
        public var finish: DoseAge?
        /// Within which time since the last dose it should be given.
        public var within: DoseSpan?
        /// The time since the last dose at which it is best given, where that is later than the least.
        public var best: DoseSpan?
        /// A state without which it can't be given, and the words for that.
        public var needs: String?
        /// What to do for ``needs``.
        public var needsNote: DoseWords?
        /// Whether it counts among the valid doses.
        public var counts: Bool
        /// The id of the source.
        public var source: String

        /// A step.
        public init(
            id: String, number: Int? = nil, note: DoseWords? = nil, give: [String] = [], accepts: Set<String> = [],
            have: Counts = [:], who: Who = Who(), inForceFrom: CivilDay? = nil, inForceUntil: CivilDay? = nil,
            from: DoseAge = DoseAge(DoseSpan(0, .day)), before: DoseAge? = nil, after: [Interval] = [],
            finish: DoseAge? = nil, within: DoseSpan? = nil, best: DoseSpan? = nil, needs: String? = nil,
            needsNote: DoseWords? = nil, counts: Bool = true, source: String = ""
        ) {
            self.id = id
            self.number = number
            self.note = note
            self.give = give
            self.accepts = accepts
            self.have = have
            self.who = who
            self.inForceFrom = inForceFrom
            self.inForceUntil = inForceUntil
            self.from = from
            self.before = before
            self.after = after
            self.finish = finish
            self.within = within
            self.best = best
            self.needs = needs
            self.needsNote = needsNote
            self.counts = counts
            self.source = source
        }
    }

    /// When the series is complete.
    public struct Goal: Sendable, Hashable {
        /// So many valid doses.
        public var have: Counts
        /// For whom.
        public var who: Who
        /// The id of the source.
        public var source: String

        /// A goal.
        public init(have: Counts, who: Who = Who(), source: String = "") {
            self.have = have
            self.who = who
            self.source = source
        }
    }

    /// A part of each year in which doses are given; each season is counted by itself.
    public struct Season: Sendable, Hashable {
        /// Month and day on which it begins.
        public var from: Int
        /// Month and day that are its last.
        public var until: Int

        /// A season.
        /// - Parameters:
        ///   - from: month × 100 + day.
        ///   - until: month × 100 + day.
        public init(from: Int, until: Int) {
            self.from = from
            self.until = until
        }
    }

    /// Its name in the book.
    public var id: String
    /// What people call it.
    public var title: DoseWords
    /// Against what.
    public var disease: DoseWords
    /// Lower goes first where not all can be given at one visit.
    public var priority: Int
    /// The components that its doses have.
    public var components: Set<String>
    /// Doses that are counted together, by name.
    public var groups: [String: Group]
    /// For whom the series is.
    public var who: Who
    /// The season, of what is given every year.
    public var season: Season?
    /// The least time after a dose that doesn't count, where the step gives none.
    public var again: DoseSpan
    /// The steps, the preferred ones first.
    public var steps: [Step]
    /// When it is complete: one of these.
    public var goals: [Goal]
    /// The id of the source of what holds for the whole series.
    public var source: String

    /// A series.
    public init(
        id: String, title: DoseWords, disease: DoseWords, priority: Int = 10, components: Set<String>,
        groups: [String: Group] = [:], who: Who = Who(), season: Season? = nil,
        again: DoseSpan = DoseSpan(28, .day), steps: [Step] = [], goals: [Goal] = [], source: String = ""
    ) {
        self.id = id
        self.title = title
        self.disease = disease
        self.priority = priority
        self.components = components
        self.groups = groups
        self.who = who
        self.season = season
        self.again = again
        self.steps = steps
        self.goals = goals
        self.source = source
    }
}

/// An age as a rule gives it: a span, or a parameter of the programme that holds one.
public struct DoseAge: Sendable, Hashable {
    /// The span; of a parameter its default.
    public var span: DoseSpan
    /// The parameter's name.
    public var parameter: String?

    /// An age.
    public init(_ span: DoseSpan, parameter: String? = nil) {
        self.span = span
        self.parameter = parameter
    }
}

extension DoseBook {
    /// The book with the values of parameters that hold here and now.
    ///
    /// - Parameter value: the value of a parameter; nil where it has none.
    public func with(_ value: (String) -> DoseSpan?) -> DoseBook {
        func set(_ age: inout DoseAge) { if let span = age.parameter.flatMap(value) { age.span = span } }
        func set(_ age: inout DoseAge?) {
            guard var known = age else { return }
            set(&known)
            age = known
        }
        var book = self
        for place in book.series.indices {
            for index in book.series[place].steps.indices {
                set(&book.series[place].steps[index].from)
                set(&book.series[place].steps[index].before)
                set(&book.series[place].steps[index].finish)
            }
        }
        return book
    }

    /// Whether an age is a parameter's, so that ``with(_:)`` is needed.
    public var hasParameters: Bool {
        series.contains {
            $0.steps.contains { ($0.from.parameter ?? $0.before?.parameter ?? $0.finish?.parameter) != nil }
        }
    }
}
