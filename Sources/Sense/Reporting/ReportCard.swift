public import Syndromes

/// A report card of a case and its life, as a Task keeps it.
public struct ReportCard: Sendable, Hashable, Identifiable {
    /// A dated step of its life.
    public struct Step: Sendable, Hashable {
        /// What was done.
        public enum What: Sendable, Hashable {
            /// Filled by the house.
            case prepared
            /// The legal time is over.
            case late
            /// The record has changed: a correction is asked for.
            case asked
            /// Somebody has acted.
            case done(ReportAction)
        }
        /// What was done.
        public let what: What
        /// When, in milliseconds since 1970 UTC.
        public let at: Int64
        /// Who did it; empty for the house itself.
        public let by: String
        /// The reason, or what has changed.
        public let text: String
    }

    /// A resource that the card stands on.
    public struct Ground: Sendable, Hashable {
        /// `Condition/…` or `Observation/…`.
        public let reference: String
        /// How sure it made the case.
        public let classification: CaseClass
    }

    /// What the house asks a correction for.
    public struct Question: OptionSet, Sendable, Hashable {
        /// One bit for each.
        public let rawValue: Int
        /// Questions by their bits.
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// The patient has died.
        public static let death = Question(rawValue: 1)
        /// The diagnosis was taken back.
        public static let withdrawal = Question(rawValue: 2)
        /// The case has become surer.
        public static let classification = Question(rawValue: 4)
        /// No question: the house itself has dismissed the card.
        public static let byHouse = Question(rawValue: 8)
    }

    /// The Task's id.
    public var id: String
    /// The version that was read; 0 for one that isn't stored.
    public var version: Int
    /// The disease.
    public var disease: WatchedCondition
    /// The code of ICD-10 that tells it.
    public var icd10: String
    /// `Patient/…`.
    public var patient: String
    /// What it stands on.
    public var grounds: [Ground]
    /// The fields, by the ids of ``ReportForm``.
    public var values: [String: String]
    /// GB/T 2260 code of the district where the patient lives; 0 when unknown.
    public var district: Int
    /// Where it stands.
    public var stage: ReportStage
    /// When the case was diagnosed, in milliseconds since 1970 UTC.
    public var diagnosedAt: Int64
    /// Until when the law asks for the report.
    public var deadline: Int64
    /// Until when the next step is due; nil when nothing is.
    public var due: Int64?
    /// Whether the legal time went by before the institution had reported.
    public var isLate: Bool
    /// What was asked for once already.
    public var asked: Question
    /// The institution, `Organization/…`; the centre where none is known.
    public var owner: String?
    /// The centre for disease control.
    public var requester: String?
    /// Its life, the first step first.
    public var steps: [Step]

    /// When it was prepared.
    public var preparedAt: Int64 { steps.first?.at ?? 0 }
    /// When the institution reported it first; nil when it hasn't.
    public var reportedAt: Int64? { steps.first { $0.what == .done(.confirm) }?.at }
    /// Whether the case was found only when its legal time was over (漏报).
    public var isMissed: Bool { preparedAt > deadline }
    /// 1 for a first report, 2 for a correction (报卡类别).
    public var kind: Int {
        steps.contains { $0.what == .done(.correct) || $0.what == .done(.tellDeath) } ? 2 : 1
    }
    /// Why it was sent back last (退卡原因).
    public var returnReason: String { steps.last { $0.what == .done(.sendBack) }?.text ?? "" }
    /// Whether the next step is overdue.
    public func isOverdue(at now: Int64) -> Bool { due.map { $0 < now } ?? false }

    /// Whether a step is the institution's or the centre's; both are the centre's where no institution is known.
    public func isFor(_ action: ReportAction, centre: Bool) -> Bool {
        action.isFor(centre: centre, at: stage) || (centre && owner == requester)
    }

    /// Why a step was refused.
    public enum Refusal: Error, Equatable {
        /// The card doesn't stand where that step begins.
        case stage
        /// The reason is missing.
        case reason
        /// Fields are missing or wrong.
        case fields([ReportProblem])
    }

    /// Takes a step.
    ///
    /// - Parameters:
    ///   - by: who acts.
    ///   - text: the reason, or a remark.
    ///   - changes: fields to be set; an empty text clears one. Ignored where the step changes none.
    ///   - now: milliseconds since 1970 UTC.
    /// - Throws: ``Refusal``; the card is then as it was.
    public mutating func take(
        _ action: ReportAction, by: String, text: String = "", changes: [String: String] = [:], _ form: ReportForm,
        now: Int64
    ) throws(Refusal) {
        guard stage.actions.contains(action) else { throw .stage }
        guard !action.asksReason || !text.isEmpty else { throw .reason }
        var changed = self
        switch action {
        case .confirm, .correct, .tellDeath:
            // A death changes nothing but its date.
            for (field, value) in changes
            where form.field(field) != nil && (action != .tellDeath || field == "died") {
                changed.values[field] = value.isEmpty ? nil : value
            }
            var problems = changed.problems(form, now: now)
            if action == .tellDeath, changed.values["died"] == nil {
                problems.append(ReportProblem(field: "died", kind: .missing))
            }
            guard problems.isEmpty else { throw .fields(problems) }
        case .review, .sendBack, .dismiss: break
        }
        changed.stage = action.stage
        let hours = Int64(form.hours(disease, subtype: changed.values["subtype"]))
        // The centre reviews, and the institution sets right, within the hours of the disease.
        changed.due = action == .review || action == .dismiss ? nil : now + hours * 3_600_000
        // A graver subtype has a nearer deadline.
        if reportedAt == nil { changed.deadline = min(deadline, diagnosedAt + hours * 3_600_000) }
        if action == .confirm, reportedAt == nil, now > changed.deadline { changed.isLate = true }
        changed.steps.append(Step(what: .done(action), at: now, by: by, text: text))
        self = changed
    }

    /// Puts away what the house has prepared itself.
    mutating func dismissByHouse(_ text: String, _ form: ReportForm, now: Int64) throws(Refusal) {
        try take(.dismiss, by: "", text: text, form, now: now)
        asked.insert(.byHouse)
    }

    /// Takes over a graver subtype that the record tells before the report: its hours count from now.
    mutating func hasten(icd10: String, _ form: ReportForm, now: Int64) {
        self.icd10 = icd10
        values["subtype"] = form.subtype(of: disease, icd10: icd10)?.code ?? values["subtype"]
        let hours = Int64(form.hours(disease, subtype: values["subtype"]))
        deadline = min(deadline, max(now, diagnosedAt) + hours * 3_600_000)
        due = min(due ?? deadline, deadline)
    }

    /// Notes that the legal time is over.
    mutating func markLate(now: Int64) {
        isLate = true
        steps.append(Step(what: .late, at: now, by: "", text: ""))
    }

    /// Asks the institution for a correction, within 24 hours of knowing.
    mutating func ask(_ question: Question, _ text: String, hours: Int, now: Int64) {
        asked.insert(question)
        due = min(stage == .correctionDue ? due ?? .max : .max, now + Int64(hours) * 3_600_000)
        stage = .correctionDue
        steps.append(Step(what: .asked, at: now, by: "", text: text))
    }
}
