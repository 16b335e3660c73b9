/// That a patient is or was in the care of an organisation.
public struct CareRelation: Sendable, Hashable {
    /// How the relation came about.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A visit or stay.
        case visit
        /// A family-doctor contract, a care team or an episode of care.
        case contract
        /// A referral or request to the organisation.
        case referral
        /// An appointment that was booked.
        case appointment
    }

    /// The patient's id.
    public var patient: String
    /// The organisation's id.
    public var organisation: String
    /// How it came about.
    public var kind: Kind
    /// When it began, in milliseconds since 1970-01-01T00:00:00Z.
    public var from: Int64
    /// When it ended or will end; nil while it goes on without a known end.
    public var until: Int64?

    /// - Parameters:
    ///   - patient: the patient's id.
    ///   - organisation: the organisation's id.
    ///   - kind: how it came about.
    ///   - from: when it began, in milliseconds since 1970.
    ///   - until: when it ended or will end; nil while it goes on.
    public init(patient: String, organisation: String, kind: Kind, from: Int64, until: Int64?) {
        self.patient = patient
        self.organisation = organisation
        self.kind = kind
        self.from = from
        self.until = until
    }

    /// The last instant at which the relation still lets the organisation see the patient; nil: no end is known.
    public func lastInstant(_ policy: AccessPolicy) -> Int64? {
        guard let until else { return nil }
        let (sum, isOver) = until.addingReportingOverflow(Int64(policy.afterCareDays[kind] ?? 0) * 86_400_000)
        return isOver ? .max : sum
    }

    /// Whether it holds at an instant, the days after its end included.
    public func holds(at now: Int64, _ policy: AccessPolicy) -> Bool {
        // Who is expected may be read about before.
        let begins = kind == .appointment ? from - Int64(policy.beforeAppointmentDays) * 86_400_000 : from
        return begins <= now && now <= lastInstant(policy) ?? .max
    }
}
