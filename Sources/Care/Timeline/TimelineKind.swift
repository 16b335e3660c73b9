/// What a row of a resident's timeline is about.
///
/// The raw values are stored; 0 and 1 take no byte in SQLite, so the most frequent kind has 0.
public enum TimelineKind: Int64, Sendable, CaseIterable {
    /// A measured value: `Observation`.
    case observation = 0
    /// A visit: `Encounter`.
    case visit = 1
    /// A diagnosis: `Condition`.
    case diagnosis = 2
    /// A medicine ordered, handed out, given or reported.
    case medicine = 3
    /// A vaccine: `Immunization`.
    case vaccine = 4
    /// A report: `DiagnosticReport`.
    case report = 5
    /// A procedure: `Procedure`.
    case procedure = 6
    /// An allergy or intolerance: `AllergyIntolerance`.
    case allergy = 7

    /// The kind of a resource type, nil when the type has no place on a timeline.
    public init?(resourceType: String) {
        switch resourceType {
        case "Observation": self = .observation
        case "Encounter": self = .visit
        case "Condition": self = .diagnosis
        case "MedicationRequest", "MedicationDispense", "MedicationAdministration", "MedicationStatement":
            self = .medicine
        case "Immunization": self = .vaccine
        case "DiagnosticReport": self = .report
        case "Procedure": self = .procedure
        case "AllergyIntolerance": self = .allergy
        default: return nil
        }
    }

    /// Every resource type that has a kind.
    public static let resourceTypes: Set<String> = [
        "Observation", "Encounter", "Condition", "MedicationRequest", "MedicationDispense", "MedicationAdministration",
        "MedicationStatement", "Immunization", "DiagnosticReport", "Procedure", "AllergyIntolerance",
    ]
}
