public import JSON
public import Records
public import SQL

/// Says which person an arriving Patient is, and what is known of that person with it. Without one the highway goes by the
/// identifiers that the mapping prefers.
public protocol PersonDesk: Sendable {
    /// Called before the transaction, without locks: everything slow (keys, candidates).
    ///
    /// - Parameters:
    ///   - patient: what the source says.
    ///   - source: the sender.
    ///   - at: when it was so, in milliseconds since 1970 UTC.
    func prepare(_ patient: JSONDocument, source: String, at: Int64) async throws -> any PreparedPerson
}

/// A person that is as good as found.
public protocol PreparedPerson: Sendable {
    /// Under which key the person probably stands; what refers to it is made ready so. Nil where nothing is known.
    var likely: ResourceKey? { get }

    /// Decides inside of the transaction. What it throws as `RecordsError` refuses the message.
    ///
    /// - Returns: the person's key, the Patient as it is to stand, and what to write beside.
    func decide(
        _ desk: WriteDesk
    ) throws -> (key: ResourceKey, document: JSONDocument, beside: @Sendable (SQLConnection) throws -> Void)
}

extension PreparedPerson {
    /// Nothing is known.
    public var likely: ResourceKey? { nil }
}
