/// The rules of access, with the numbers that a city may choose. `Docs/security/access.md` tells each rule in words.
public struct AccessPolicy: Sendable, Hashable {
    /// Guardians see everything of a child below this age; 14 by the Personal Information Protection Law, art. 31.
    public var fullGuardianshipBelowYears = 14
    /// From this age on a guardian sees nothing without a mandate.
    public var adultFromYears = 18
    /// For how many days after its end a care relation still counts. Ours, not a published rule.
    public var afterCareDays: [CareRelation.Kind: Int] = [.visit: 90, .contract: 0, .referral: 30, .appointment: 7]
    /// How many days before an appointment the record may be prepared. Ours.
    public var beforeAppointmentDays = 7
    /// How long break-glass lasts.
    public var breakGlassMinutes = 120
    /// The least number of characters of a reason, spaces not counted. Ours.
    public var reasonCharactersMin = 4
    /// Whether break-glass opens sensitive categories without a grant. Ours: it does not.
    public var breakGlassOpensSensitive = false
    /// Within how many hours a second person looks at a break-glass.
    public var reviewWithinHours = 24
    /// Counts from 1 up to below this number are not shown.
    public var smallCellsBelow = 5
    /// The least number of persons that share each combination of quasi-identifiers in a copy for research; 5 for open tables
    /// by the domain facts, for copies ours.
    public var researchKMin = 5
    /// What residents may write into their own records. Ours.
    public var residentWrites: Set<String> = [
        "Appointment", "AppointmentResponse", "Communication", "Consent", "QuestionnaireResponse", "Task",
    ]
    /// What makes the first contact, so that an institution may write it before it has a care relation. Ours.
    public var registrations: Set<String> = [
        "Appointment", "Coverage", "Encounter", "EpisodeOfCare", "Patient", "RelatedPerson",
    ]

    /// The rules with the defaults.
    public init() {}
}
