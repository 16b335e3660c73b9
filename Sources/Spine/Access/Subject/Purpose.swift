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

    /// The purpose that a code of PurposeOfUse means or is a part of; nil for codes that are none of these.
    public static func of(code: String) -> Purpose? {
        switch code {
        case "TREAT", "CLINTRL", "COC", "POPHLTH", "CAREMGT": .treatment
        case "PUBHLTH", "DISASTER", "THREAT": .publicHealth
        case "HRESCH", "BIORCH", "CLINTRCH", "CLINTRCHNPC", "CLINTRCHPC", "DSRCH", "POARCH", "PRECLINTRCH", "TRANSRCH":
            .research
        case "ETREAT", "BTG", "ERTREAT": .emergency
        case "PATRQT", "FAMRQT", "PWATRNY", "SUPNWK": .patientRequest
        case "HSYSADMIN", "HACCRED", "HCOMPL": .audit
        case "HOPERAT", "DONAT", "FRAUD", "GOV", "HDECD", "HDIRECT", "HDM", "HLEGAL", "HMARKT", "HOUTCOMS", "HPAYMT",
            "HPRGRP", "HQUALIMP", "HTEST", "LABELING", "MEMADMIN", "METAMGT", "PATADMIN", "PATSFTY", "PERFMSR",
            "RECORDMGT", "SYSDEV", "TRAIN":
            .operations
        default: nil
        }
    }
}
