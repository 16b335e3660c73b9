/// One write of a transaction, ready for the writer.
struct PreparedWrite: Sendable {
    enum Operation: Sendable {
        /// Creates or updates.
        case put(PreparedBody, ifMatch: Int?, mustBeNew: Bool)
        /// Deletes; nothing happens when there is nothing.
        case delete(ifMatch: Int?)
        /// Leaves what a conditional create has found.
        case keep
    }

    var key: ResourceKey
    var operation: Operation
}

/// What a write did.
public struct WriteOutcome: Sendable {
    /// The version that now stands.
    public let version: Version
    /// Whether the resource was not there before.
    public let created: Bool
    /// Whether there is a new version; false when the content was the same, or a condition found a match.
    public let changed: Bool
}
