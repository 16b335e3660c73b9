public import JSON

/// Who is to become whom.
public struct MergeRequest: Sendable {
    /// The id of the Patient that goes.
    public var source: String
    /// The id of the Patient that stays.
    public var target: String
    /// The Patient as it shall be afterwards; nil for the best of both.
    public var result: JSONDocument?
    /// The account that decides.
    public var author: String
    /// Why.
    public var reason: String
    /// Whether a reviewer decides, who alone may join two different valid resident numbers.
    public var isReviewed: Bool

    /// Asks for a merge.
    public init(
        source: String, target: String, result: JSONDocument? = nil, author: String, reason: String, isReviewed: Bool
    ) {
        self.source = source
        self.target = target
        self.result = result
        self.author = author
        self.reason = reason
        self.isReviewed = isReviewed
    }
}

/// What a merge did, or would do.
public struct MergeOutcome: Sendable {
    /// The merge's number; nil for a preview.
    public var id: Int64?
    /// The Patient that stays, as it is afterwards.
    public var result: JSONDocument
    /// How many other resources refer to the survivor now.
    public var rewritten: Int
}
