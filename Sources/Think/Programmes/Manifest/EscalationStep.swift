/// What happens when work stays undone: so long after the due day, who is told, and how.
public struct EscalationStep: Sendable, Hashable {
    /// How strongly somebody is told; each is a task that wants an answer.
    public enum Kind: String, Sendable, CaseIterable {
        /// 提醒
        case reminder
        /// 提示单
        case prompt
        /// 督办单
        case supervision

        /// What it is called.
        public var title: ProgrammeText {
            switch self {
            case .reminder: ProgrammeText(zh: "提醒", en: "reminder")
            case .prompt: ProgrammeText(zh: "提示单", en: "prompt (提示单)")
            case .supervision: ProgrammeText(zh: "督办单", en: "supervision order (督办单)")
            }
        }
    }

    /// How long after the due day.
    public let after: ProgrammeDuration
    /// How.
    public let kind: Kind
    /// Who is told: the id of a role.
    public let role: String
    /// The id of the rule's source.
    public let source: String
}
