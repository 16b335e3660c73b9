/// Where a contact stands.
public enum ContactStage: String, Sendable, CaseIterable {
    /// Named, and not reached yet.
    case listed
    /// Under medical observation (医学观察).
    case watched
    /// The observation has ended well.
    case released
    /// Has become a case.
    case converted = "case"
    /// Can't be found or followed any more (失访).
    case lost
    /// Was no contact after all.
    case excluded

    /// What may be done now.
    public var actions: [ContactAction] {
        switch self {
        case .listed, .watched: [.follow, .expose, .convert, .release, .lose, .exclude]
        case .released, .converted, .lost, .excluded: [.reopen]
        }
    }

    /// Whether something is left to do.
    public var isOpen: Bool { self == .listed || self == .watched }

    /// `Task.status`.
    var status: String {
        switch self {
        case .listed: "requested"
        case .watched: "in-progress"
        case .released, .converted: "completed"
        case .lost: "failed"
        case .excluded: "cancelled"
        }
    }
}

/// A step of a contact's life.
public enum ContactAction: String, Sendable, CaseIterable {
    /// Asked how they are, that day.
    case follow
    /// Exposed once more: the observation ends later.
    case expose
    /// Let go at the end.
    case release
    /// Has fallen ill: a case from now on.
    case convert
    /// Given up.
    case lose
    /// No contact after all.
    case exclude
    /// Taken up again.
    case reopen

    /// Whether a reason is asked.
    public var asksReason: Bool { self == .lose || self == .exclude || self == .reopen }
}

/// What a follow-up has found.
public enum ContactOutcome: String, Sendable, CaseIterable {
    /// Reached, and without symptoms.
    case well
    /// Reached, with fever or other symptoms.
    case symptoms
    /// Tested, and negative.
    case negative
    /// Tested, and positive.
    case positive
    /// Not reached.
    case unreached

    /// Whether the contact was reached; an attempt alone ends no duty.
    public var isReached: Bool { self != .unreached }
    /// Whether somebody is to look at it: sampling, a doctor, conversion to a case.
    public var isAlarming: Bool { self == .symptoms || self == .positive }
}
