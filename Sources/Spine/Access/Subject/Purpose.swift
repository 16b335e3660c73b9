/// Why somebody acts; the codes are those of HL7's PurposeOfUse.
public enum Purpose: String, Sendable, Hashable, CaseIterable {
    /// Care for a patient.
    case treatment = "TREAT"
    /// Public health: reports, investigation, surveillance.
    case publicHealth = "PUBHLTH"
    /// Running institutions and the platform.
    case operations = "HOPERAT"
    /// Looking after the audit log.
    case audit = "HSYSADMIN"
    /// Research on copies without identity.
    case research = "HRESCH"
    /// Care in an emergency, by break-glass (紧急调阅).
    case emergency = "ETREAT"
    /// What patients ask for themselves.
    case patientRequest = "PATRQT"

    /// The codes of PurposeOfUse that mean this purpose or a part of it; what is unknown is none of them.
    public static func of(code: String) -> Purpose? {
        switch code {
        case "TREAT", "TREATDS", "CLINTRCH", "COC", "CAREMGT", "PATADMIN": .treatment
        case "PUBHLTH", "DISASTER", "THREAT": .publicHealth
        case "HOPERAT", "HPAYMT", "HMARKT", "OPERAT", "HDIRECT": .operations
        case "HSYSADMIN", "HACCRED", "HCOMPL", "HLEGAL": .audit
        case "HRESCH", "BIORCH", "CLINTRCHNPC", "CLINTRCHPC", "RECORDMGT": .research
        case "ETREAT", "BTG", "ERTREAT": .emergency
        case "PATRQT", "FAMRQT", "PWATRNY", "SUPNWK": .patientRequest
        default: nil
        }
    }
}
