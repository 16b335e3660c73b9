/// Who owns tasks.
public struct ProgrammeRole: Sendable, Hashable {
    /// How a holder of the role is found for a person.
    public enum Reach: String, Sendable, CaseIterable {
        /// The person's family doctor: `Patient.generalPractitioner`.
        case generalPractitioner = "general-practitioner"
        /// The institution that keeps the person's record: `Patient.managingOrganization`.
        case managingOrganization = "managing-organization"
        /// The health authority of the district in which the person lives.
        case districtAuthority = "district-authority"
        /// The person.
        case resident
        /// Whom the person was referred to.
        case receiver
    }

    /// The name by which actions refer to it.
    public let id: String
    /// What people call it.
    public let title: ProgrammeText
    /// How a holder is found for a person.
    public let reach: Reach
}
