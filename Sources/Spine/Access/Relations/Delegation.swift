/// What a person let another one see: a mandate with a scope and an end, revocable at any time.
public struct Delegation: Sendable, Hashable {
    /// Whose records, by Patient id.
    public var patient: String
    /// The resource types; nil: all.
    public var types: Set<String>?
    /// Sensitive categories that the mandate names; others stay hidden.
    public var sensitivities: Set<Sensitivity>
    /// From when, in milliseconds since 1970-01-01T00:00:00Z.
    public var from: Int64
    /// Until when, this instant included; a mandate without end is none.
    public var until: Int64
    /// Whether it was taken back.
    public var isRevoked: Bool
    /// The Consent or RelatedPerson that it stands on, for the audit log.
    public var source: String

    /// - Parameters:
    ///   - patient: whose records, by Patient id.
    ///   - types: the resource types; nil: all.
    ///   - sensitivities: sensitive categories that the mandate names.
    ///   - from: from when, in milliseconds since 1970.
    ///   - until: until when, this instant included.
    ///   - isRevoked: whether it was taken back.
    ///   - source: the Consent or RelatedPerson that it stands on.
    public init(
        patient: String, types: Set<String>? = nil, sensitivities: Set<Sensitivity> = [], from: Int64, until: Int64,
        isRevoked: Bool = false, source: String
    ) {
        self.patient = patient
        self.types = types
        self.sensitivities = sensitivities
        self.from = from
        self.until = until
        self.isRevoked = isRevoked
        self.source = source
    }

    /// Whether it holds at an instant.
    public func holds(at now: Int64) -> Bool {
        !isRevoked && from <= now && now <= until
    }
}
