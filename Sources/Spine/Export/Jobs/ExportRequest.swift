/// What is to be exported.
public struct ExportRequest: Sendable {
    /// Whose resources.
    public enum Level: String, Sendable, Codable {
        /// All that is seen: `/fhir/$export`.
        case system
        /// What is about patients: `/fhir/Patient/$export`.
        case patient
        /// What is about the members of a group: `/fhir/Group/[id]/$export`.
        case group
    }

    /// The address that asked, for the manifest.
    public var address: String
    /// Whose resources.
    public var level: Level
    /// The resource types, in the order in which they are written.
    public var types: [String]
    /// Only what was changed at this time or later, in milliseconds since 1970 UTC.
    public var since: Int64?
    /// Only what was changed at this time or earlier, in milliseconds since 1970 UTC.
    public var until: Int64?
    /// The elements wanted, as `name` or `Patient.name`; empty for all.
    public var elements: [String]
    /// The ids of the patients; nil for all.
    public var patients: Set<String>?
    /// Why, a code of v3-ActReason.
    public var purpose: String
    /// Makes it a copy for research.
    public var study: ResearchStudy?

    /// Describes an export.
    public init(
        address: String, level: Level, types: [String], since: Int64? = nil, until: Int64? = nil,
        elements: [String] = [], patients: Set<String>? = nil, purpose: String = "", study: ResearchStudy? = nil
    ) {
        self.address = address
        self.level = level
        self.types = types
        self.since = since
        self.until = until
        self.elements = elements
        self.patients = patients
        self.purpose = purpose
        self.study = study
    }
}

/// How a copy for research is made, and by whose leave.
public struct ResearchStudy: Sendable {
    /// The approval's id; empty in an open house.
    public var approval: String
    /// What the copy is for.
    public var title: String
    /// The account that signed as the owner of the data.
    public var dataOwner: String
    /// The account that signed as the security officer.
    public var securityOfficer: String
    /// How many persons must share each combination of quasi-identifiers.
    public var k: Int
    /// How many people the copy is a part of; nil when it isn't known.
    public var population: Int?
    /// The secret of the tokens: at least 16 random bytes, of which nothing is kept.
    public var secret: [UInt8]
    /// The quasi-identifiers, and what is left out.
    public var profile: ResearchProfile

    /// Describes a study.
    public init(
        approval: String, title: String, dataOwner: String, securityOfficer: String, k: Int, population: Int?,
        secret: [UInt8], profile: ResearchProfile
    ) {
        self.approval = approval
        self.title = title
        self.dataOwner = dataOwner
        self.securityOfficer = securityOfficer
        self.k = k
        self.population = population
        self.secret = secret
        self.profile = profile
    }
}
