public import Calendar
public import FHIRPath
public import Series

/// What a pathway takes from the programme that it is part of: who does things, the parameters, and what follows when nothing is done.
public struct ProgrammeSetting: Sendable {
    /// Who owns tasks.
    public struct Role: Sendable, Hashable {
        /// How a holder is found for a person.
        public enum Reach: String, Sendable {
            /// The person's family doctor: `Patient.generalPractitioner`.
            case generalPractitioner = "general-practitioner"
            /// The institution that manages the person: `Patient.managingOrganization`.
            case managingOrganization = "managing-organization"
            /// The health commission of the person's district.
            case districtAuthority = "district-authority"
            /// The person.
            case resident
            /// Who a referral was sent to: the performer of the ServiceRequest at hand.
            case receiver
        }

        /// Its id in the programme.
        public var id: String
        /// Its name.
        public var title: Words
        /// How a holder is found.
        public var reach: Reach

        /// A role.
        public init(id: String, title: Words, reach: Reach) {
            self.id = id
            self.title = title
            self.reach = reach
        }
    }

    /// A number or a choice that a city may set, and that changes with time.
    public struct Parameter: Sendable {
        /// A value, and from when and where it holds.
        public struct Value: Sendable {
            /// The first day; nil: always.
            public var from: CivilDay?
            /// The beginning of the GB/T 2260 code; empty: everywhere.
            public var city: String
            /// The value.
            public var value: [FHIRPathValue]
            /// The value for a person: `140 mm[Hg]`, `3个月`.
            public var text: String
            /// The same in English: `3 months`.
            public var english: String

            /// A value.
            /// - Parameter english: the text in English; nil: it is the same.
            public init(
                from: CivilDay? = nil, city: String = "", value: [FHIRPathValue], text: String, english: String? = nil
            ) {
                self.from = from
                self.city = city
                self.value = value
                self.text = text
                self.english = english ?? text
            }
        }

        /// What it is.
        public var title: Words
        /// Its values, the default among them.
        public var values: [Value]

        /// A parameter.
        public init(title: Words, values: [Value]) {
            self.title = title
            self.values = values
        }

        /// The value in force on a day in a city: of those whose city fits longest, the latest.
        public func value(on day: CivilDay, city: String) -> Value? {
            values.filter { city.hasPrefix($0.city) && ($0.from.map { $0 <= day } ?? true) }.max {
                ($0.city.utf8.count, $0.from?.number ?? .min) < ($1.city.utf8.count, $1.from?.number ?? .min)
            }
        }
    }

    /// The programme's id.
    public var id: String
    /// Its version.
    public var version: String
    /// Its name.
    public var title: Words
    /// By id.
    public var roles: [String: Role]
    /// By name.
    public var parameters: [String: Parameter]
    /// What follows when work is overdue, unless an activity says otherwise.
    public var escalation: [EscalationRule]
    /// Which days are worked.
    public var workdays: WorkingDays
    /// The rules by which doses are asked for; nil where the programme has none.
    public var doses: DoseBook?
    /// The titles of its sources, by the label that actions name them with.
    public var sources: [String: String] = [:]

    /// A setting.
    public init(
        id: String, version: String, title: Words, roles: [String: Role] = [:], parameters: [String: Parameter] = [:],
        escalation: [EscalationRule] = [], workdays: WorkingDays = WorkingDays()
    ) {
        self.id = id
        self.version = version
        self.title = title
        self.roles = roles
        self.parameters = parameters
        self.escalation = escalation
        self.workdays = workdays
    }
}

/// A step that is taken when something has been overdue for some time.
public struct EscalationRule: Sendable, Hashable {
    /// What it is.
    public enum Kind: String, Sendable {
        /// 提醒
        case reminder
        /// 提示单
        case prompt
        /// 督办单
        case supervision

        /// Its name.
        public var title: Words {
            switch self {
            case .reminder: Words(zh: "提醒", en: "Reminder")
            case .prompt: Words(zh: "提示单", en: "Prompt")
            case .supervision: Words(zh: "督办单", en: "Supervision")
            }
        }
    }

    /// How long after the due date.
    public var after: Span
    /// What it is.
    public var kind: Kind
    /// The role that has to answer.
    public var role: String

    /// A step.
    public init(after: Span, kind: Kind, role: String) {
        self.after = after
        self.kind = kind
        self.role = role
    }
}

/// A text in Chinese and English.
public struct Words: Sendable, Hashable {
    /// Chinese.
    public var zh: String
    /// English; the Chinese where there is none.
    public var en: String

    /// A text.
    public init(zh: String, en: String? = nil) {
        self.zh = zh
        self.en = en ?? zh
    }
}
