/// What is counted, by day and district.
public enum DailyCountKind: Int64, Sendable, CaseIterable {
    /// Living residents with an active record; not by day, its cells stand at day 0.
    case residents = 0
    /// Encounters of class AMB (outpatient), by the day they began.
    case ambulatoryVisits = 1
    /// Encounters of class EMER.
    case emergencyVisits = 2
    /// Encounters of class IMP, ACUTE, NONAC, OBSENC or SS, by the day of admission.
    case inpatientVisits = 3
    /// Encounters of any other class.
    case otherVisits = 4
    /// Conditions, by the day they were recorded (else began) and by code.
    case diagnoses = 5
    /// Residents by day of birth.
    case births = 6
    /// Residents by day of death.
    case deaths = 7

    /// The kinds that are visits.
    public static let visits: [DailyCountKind] = [.ambulatoryVisits, .emergencyVisits, .inpatientVisits, .otherVisits]

    /// The kind of visit of an `Encounter.class` code (HL7 v3 ActCode).
    public init(encounterClass code: String?) {
        switch code {
        case "AMB": self = .ambulatoryVisits
        case "EMER": self = .emergencyVisits
        case "IMP", "ACUTE", "NONAC", "OBSENC", "SS": self = .inpatientVisits
        default: self = .otherVisits
        }
    }
}
