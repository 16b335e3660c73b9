/// Emergency access to one patient (紧急调阅): with a reason, for a short time.
public struct BreakGlass: Sendable, Hashable {
    /// The patient's id.
    public var patient: String
    /// Why, in the words of the one who asked.
    public var reason: String
    /// From when, in milliseconds since 1970-01-01T00:00:00Z.
    public var from: Int64

    /// - Parameters:
    ///   - patient: the patient's id.
    ///   - reason: why.
    ///   - from: from when, in milliseconds since 1970.
    public init(patient: String, reason: String, from: Int64) {
        self.patient = patient
        self.reason = reason
        self.from = from
    }

    /// Whether it holds at an instant: a reason was given and the time is not over.
    public func holds(at now: Int64, _ policy: AccessPolicy) -> Bool {
        let letters = reason.unicodeScalars.filter { !$0.properties.isWhitespace }
        let end = from + Int64(policy.breakGlassMinutes) * 60_000
        return letters.count >= policy.reasonCharactersMin && from <= now && now < end
    }
}
