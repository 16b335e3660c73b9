/// Where a rule comes from.
public struct ProgrammeSource: Sendable, Hashable {
    /// What stands behind a rule.
    public enum Standing: String, Sendable, CaseIterable {
        /// A publication: a standard, a guideline, a notice.
        case published
        /// A default of this platform, which no publication gives.
        case ours
    }

    /// The name by which rules and parameters refer to it.
    public let id: String
    /// The publication's title, or who says so.
    public let title: String
    /// The day of publication, as written: `2017-02-28`, `2025-10`.
    public let date: String?
    /// Where it can be read.
    public let url: String?
    /// What stands behind it.
    public let standing: Standing
}
