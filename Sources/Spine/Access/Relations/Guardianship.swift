/// Guardianship of a child by the one who asks. It ends by itself at the age of 18.
public struct Guardianship: Sendable, Hashable {
    /// The child, by Patient id.
    public var child: String
    /// The child's `Patient.birthDate`.
    public var birthDate: String
    /// Sensitive categories that a child of 14 to 17 years let the guardian see.
    public var sensitivitiesAllowed: Set<Sensitivity>

    /// - Parameters:
    ///   - child: the child, by Patient id.
    ///   - birthDate: the child's `Patient.birthDate`.
    ///   - sensitivitiesAllowed: sensitive categories that a child of 14 to 17 years let the guardian see.
    public init(child: String, birthDate: String, sensitivitiesAllowed: Set<Sensitivity> = []) {
        self.child = child
        self.birthDate = birthDate
        self.sensitivitiesAllowed = sensitivitiesAllowed
    }

    /// How far a guardian may look.
    enum Extent { case everything, allButSensitive, nothing }

    /// How far the guardian may look at an instant. Where the age is not known, not at all.
    func extent(at now: Int64, _ policy: AccessPolicy) -> Extent {
        guard let age = CivilAge.years(born: birthDate, at: now) else { return .nothing }
        if age < policy.fullGuardianshipBelowYears { return .everything }
        return age < policy.adultFromYears ? .allButSensitive : .nothing
    }
}
