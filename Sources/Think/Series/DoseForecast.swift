public import Calendar

/// What was given and counts, and what comes next, series by series.
public struct DoseForecast: Sendable, Hashable {
    /// How a series stands on a day.
    public enum Status: String, Sendable, CaseIterable {
        /// The next dose can't be given yet (未到期).
        case notYetDue = "not-yet-due"
        /// The next dose is to be given (应种).
        case due
        /// The next dose should have been given (逾期).
        case overdue
        /// Nothing is left to give (已完成).
        case complete
        /// No product may be given (禁忌).
        case contraindicated
        /// The next dose has to wait (暂缓).
        case deferred
        /// It is too late for what is missing (超龄).
        case agedOut = "aged-out"
        /// The series isn't for this person.
        case notEligible = "not-eligible"

        /// For people.
        public var words: DoseWords {
            switch self {
            case .notYetDue: DoseWords(zh: "未到期", en: "not yet due")
            case .due: DoseWords(zh: "应种", en: "due")
            case .overdue: DoseWords(zh: "逾期", en: "overdue")
            case .complete: DoseWords(zh: "已完成", en: "complete")
            case .contraindicated: DoseWords(zh: "禁忌", en: "contraindicated")
            case .deferred: DoseWords(zh: "暂缓", en: "deferred")
            case .agedOut: DoseWords(zh: "超过年龄，不再补种", en: "too old, no longer given")
            case .notEligible: DoseWords(zh: "不属接种对象", en: "not for this person")
            }
        }
    }

    /// Why a dose is asked for when it is, with the source of the rule.
    public struct Reason: Sendable, Hashable {
        /// For people.
        public let words: DoseWords
        /// The id of the source; empty: no rule but a fact.
        public let source: String
    }

    /// A dose at its place, given or to be given.
    public struct Slot: Sendable, Hashable {
        /// The same for the same dose of a person, before it is given and after.
        public let key: String
        /// The series.
        public let series: String
        /// The step that it fills.
        public let step: String
        /// Its number, for people.
        public let number: Int?
        /// What is given.
        public let product: DoseBook.Product
        /// The first day on which it may be given.
        public let earliest: CivilDay
        /// The day on which it is best given.
        public let recommended: CivilDay
        /// The last day on which it is in time; nil: none is said.
        public let finish: CivilDay?
        /// The first day on which it is too late; nil: never.
        public let latest: CivilDay?
        /// The record of the dose that filled it; nil: it is to be given.
        public let given: String?
        /// The day on which it was given.
        public let givenOn: CivilDay?
        /// Whether it waits for something that has no day: a test, the end of an illness.
        public let isHeld: Bool
        /// Why then.
        public let reasons: [Reason]

        /// `乙肝疫苗第2剂`
        public var title: DoseWords {
            DoseWords(
                zh: product.title.zh + (number.map { "第\($0)剂" } ?? ""),
                en: product.title.en + (number.map { ", dose \($0)" } ?? ""))
        }
    }

    /// What a record of a dose is worth to a series.
    public struct Judged: Sendable, Hashable {
        /// Whether it counts.
        public enum Verdict: String, Sendable {
            /// It counts.
            case valid
            /// It doesn't.
            case invalid
            /// It wasn't needed.
            case extra
            /// When it was given isn't known.
            case unknown
            /// It wasn't given.
            case notDone = "not-done"
        }

        /// The record's reference.
        public let reference: String
        /// The product, or what the record calls it.
        public let title: DoseWords
        /// The day; nil: not known to the day.
        public let day: CivilDay?
        /// Whether it counts.
        public let verdict: Verdict
        /// Why not.
        public let why: DoseWords?
    }

    /// How one series stands.
    public struct Series: Sendable, Hashable {
        /// The series' id.
        public let id: String
        /// What people call it.
        public let title: DoseWords
        /// Against what.
        public let disease: DoseWords
        /// Lower goes first where not all can be given at one visit.
        public let priority: Int
        /// How it stands.
        public let status: Status
        /// The next dose; nil where none is to come, or nobody can say when.
        public let next: Slot?
        /// The doses that count, the earliest first.
        public let given: [Slot]
        /// All records of its doses.
        public let judged: [Judged]
        /// Why it stands so.
        public let reasons: [Reason]
    }

    /// The day for which it holds.
    public let day: CivilDay
    /// The series, in the order of the book.
    public let series: [Series]
    /// References of records whose product the book does not know.
    public let unknown: [String]
    /// The first later day on which the doses asked for change by time alone; nil: never.
    public let changes: CivilDay?

    /// The series with an id.
    public func series(_ id: String) -> Series? { series.first { $0.id == id } }
}
