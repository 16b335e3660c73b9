/// Where a projection stands.
public struct ProjectionState: Sendable {
    /// The projection's name.
    public let name: String
    /// The revision of its tables.
    public let revision: Int
    /// The last change that it has taken in.
    public let sequence: Int64
    /// The newest change of the feed.
    public let head: Int64
    /// How long the oldest change that it has not taken in has been waiting, in seconds.
    public let lagSeconds: Double
    /// How often in a row it has failed on its next change.
    public let failures: Int
    /// What the last failure was; nil when the last attempt went well.
    public let lastError: String?
    /// Whether it is being rebuilt from zero.
    public let isRebuilding: Bool
}
