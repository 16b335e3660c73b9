/// One action of a pathway.
public final class PathwayPart: @unchecked Sendable {
    // Nobody but the reader that makes it changes it, before any other has it.

    /// What it is for.
    public enum Kind: String, Sendable {
        /// When a person enters.
        case entry
        /// When and why a person leaves.
        case leave
        /// Where a person stands.
        case stage
        /// Something that somebody must do.
        case activity
        /// A computed, dated grade.
        case grade
        /// A step of the funnel.
        case milestone
    }

    /// A length of time that is written, or worked out for each moment.
    enum Length: Sendable {
        case fixed(Span)
        case computed(PathwayExpression)
    }

    /// Its id, unique in the pathway.
    public let id: String
    /// What it is for.
    public let kind: Kind
    /// Its name.
    public let title: Words
    /// Its explanation, where it has one.
    public let description: Words?
    /// The stage in which alone it is asked for.
    public internal(set) var stage: String?
    /// Whether nothing more happens in it, of a stage.
    public internal(set) var isTerminal = false
    /// Whether it is done at a visit, and may be done at the same one as others; of an activity.
    public internal(set) var isVisit = true
    /// Whether somebody has to accept before a person enters.
    public internal(set) var isInvitation = false
    /// The role that has to do it.
    public internal(set) var role: String?
    /// routine, urgent, asap or stat.
    public internal(set) var priority: String?
    /// The canonical of the Questionnaire that is to be filled.
    public internal(set) var questionnaire: String?
    /// The types of what is made besides the Task.
    public internal(set) var outputs: [String] = []
    /// The code of the kind of leaving.
    public internal(set) var reason: String?
    /// The labels of its sources.
    public internal(set) var sources: [String] = []
    /// Its own steps when overdue; nil: the programme's.
    public internal(set) var escalation: [EscalationRule]?
    /// The code system of a grade that is told as a code alone.
    var gradeSystem = ""
    var triggers: [PathwayExpression] = []
    var conditions: [PathwayExpression] = []
    var evidence: [PathwayExpression] = []
    var low: Length?
    var high: Length?
    /// After a refusal it is asked again so much later.
    var again: Length?
    /// After somebody has only said that it was done it is asked for again so much later, unless the evidence has come.
    var proof: Length?
    /// Until when an invitation is to be answered.
    var within: Length?
    var risk: PathwayExpression?
    var rationale: PathwayExpression?

    init(id: String, kind: Kind, title: Words, description: Words?) {
        self.id = id
        self.kind = kind
        self.title = title
        self.description = description
    }

    /// Every expression.
    var expressions: [PathwayExpression] {
        var all = triggers + conditions + evidence + [risk, rationale].compactMap { $0 }
        for length in [low, high, again, proof, within] {
            if case .computed(let expression)? = length { all.append(expression) }
        }
        return all
    }
}
