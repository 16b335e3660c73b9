public import JSON
public import Records
public import SQL

/// Says whose an arriving Patient is.
public protocol PersonDesk: Sendable {
    /// Called before the transaction, without locks: everything slow.
    ///
    /// - Parameters:
    ///   - patient: a Patient as a source gives it.
    ///   - source: the source's name.
    ///   - at: when the source said so, in milliseconds since 1970 UTC.
    func prepare(_ patient: JSONDocument, source: String, at: Int64) async throws -> any PreparedPerson
}

/// A Patient that is ready to be put to a person.
public protocol PreparedPerson: Sendable {
    /// Under which key the person probably stands; what refers to it is made ready so. Nil where nothing is known.
    var likely: ResourceKey? { get }

    /// Decides inside of the transaction.
    ///
    /// - Returns: the person, the Patient to be written, and what is written beside.
    func decide(
        _ desk: WriteDesk
    ) throws -> (key: ResourceKey, document: JSONDocument, beside: @Sendable (SQLConnection) throws -> Void)
}

extension PreparedPerson {
    /// Nothing is known.
    public var likely: ResourceKey? { nil }
}
