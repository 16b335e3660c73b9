public import Calendar

/// What is known of a person: birth, sex, what was given, and what holds a dose up or calls for one.
public struct DoseHistory: Sendable, Hashable {
    /// A record of a dose.
    public struct Dose: Sendable, Hashable {
        /// What became of it.
        public enum Outcome: String, Sendable {
            /// It was given.
            case given
            /// It was refused or could not be given.
            case notDone
        }

        /// The record's reference.
        public var reference: String
        /// The codes that name the product.
        public var codes: [DoseBook.Code]
        /// What the record calls it: its text, and what its codes are shown as.
        public var names: [String]
        /// Whether it was as strong as it must be; one that wasn't doesn't count.
        public var isPotent: Bool
        /// The first day on which it may have been given; nil: not known.
        public var first: CivilDay?
        /// The last day on which it may have been given; the same as ``first`` where the day is known.
        public var last: CivilDay?
        /// What became of it.
        public var outcome: Outcome

        /// A dose.
        public init(
            reference: String, codes: [DoseBook.Code], names: [String] = [], isPotent: Bool = true, first: CivilDay?,
            last: CivilDay? = nil,
            outcome: Outcome = .given
        ) {
            self.reference = reference
            self.codes = codes
            self.names = names
            self.isPotent = isPotent
            self.first = first
            self.last = last ?? first
            self.outcome = outcome
        }
    }

    /// That a state holds.
    public struct Fact: Sendable, Hashable {
        /// The state's id.
        public var state: String
        /// Since when; nil: always.
        public var since: CivilDay?
        /// The first day on which it holds no more; nil: it holds.
        public var until: CivilDay?
        /// The codes of what the record tells of.
        public var codes: [DoseBook.Code]
        /// What the record calls it.
        public var names: [String]

        /// A fact.
        public init(
            state: String, since: CivilDay? = nil, until: CivilDay? = nil, codes: [DoseBook.Code] = [],
            names: [String] = []
        ) {
            self.state = state
            self.since = since
            self.until = until
            self.codes = codes
            self.names = names
        }
    }

    /// The day of birth.
    public var birth: CivilDay
    /// FHIR's administrative gender; nil: not known.
    public var sex: String?
    /// Records of doses, in any order.
    public var doses: [Dose]
    /// States that hold or held.
    public var facts: [Fact]

    /// A history.
    public init(birth: CivilDay, sex: String? = nil, doses: [Dose] = [], facts: [Fact] = []) {
        self.birth = birth
        self.sex = sex
        self.doses = doses
        self.facts = facts
    }
}
