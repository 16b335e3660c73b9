/// Where a report card stands.
public enum ReportStage: Int, Sendable, CaseIterable {
    /// Filled by the house, to be confirmed by the institution within the legal time.
    case prepared = 1
    /// Sent back by the centre, to be set right by the institution.
    case returned = 2
    /// Reported by the institution, to be reviewed by the centre.
    case confirmed = 3
    /// Reviewed by the centre.
    case reviewed = 4
    /// The record has changed since: the institution is to correct the card.
    case correctionDue = 5
    /// No case after all, or reported already.
    case dismissed = 6

    /// The code of `Task.businessStatus`.
    public var code: String {
        switch self {
        case .prepared: "prepared"
        case .returned: "returned"
        case .confirmed: "confirmed"
        case .reviewed: "reviewed"
        case .correctionDue: "correction-due"
        case .dismissed: "dismissed"
        }
    }

    /// Reads a code.
    public init?(code: String) {
        guard let found = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = found
    }

    /// `Task.status`.
    var status: String {
        switch self {
        case .prepared: "requested"
        case .returned: "on-hold"
        case .confirmed: "in-progress"
        case .reviewed: "completed"
        case .correctionDue: "ready"
        case .dismissed: "rejected"
        }
    }

    /// Whether the institution has to do something.
    public var waitsForInstitution: Bool { self == .prepared || self == .returned || self == .correctionDue }

    /// What may be done with it now.
    public var actions: [ReportAction] {
        switch self {
        case .prepared, .returned: [.confirm, .dismiss]
        case .confirmed: [.review, .sendBack, .correct, .tellDeath, .dismiss]
        case .reviewed: [.correct, .tellDeath, .dismiss]
        case .correctionDue: [.correct, .tellDeath, .dismiss]
        case .dismissed: []
        }
    }
}

/// A step of a report card.
public enum ReportAction: String, Sendable, CaseIterable {
    /// The institution reports.
    case confirm
    /// The centre finds the card good.
    case review
    /// The centre sends it back, with a reason (退卡原因).
    case sendBack = "return"
    /// The institution corrects it (订正).
    case correct
    /// The patient has died.
    case tellDeath = "death"
    /// It is no case, or it is a duplicate; with a reason.
    case dismiss

    /// Where it leads.
    var stage: ReportStage {
        switch self {
        case .confirm, .correct, .tellDeath: .confirmed
        case .review: .reviewed
        case .sendBack: .returned
        case .dismiss: .dismissed
        }
    }

    /// Who does it: the institution, the centre, or either.
    public func isFor(centre: Bool, at stage: ReportStage) -> Bool {
        switch self {
        case .confirm, .correct: !centre
        case .review, .sendBack: centre
        case .tellDeath: true
        case .dismiss: centre != (stage == .prepared || stage == .returned) || stage == .correctionDue
        }
    }

    /// Whether a reason is asked.
    var asksReason: Bool { self == .sendBack || self == .dismiss || self == .correct }
}
