/// A code of the systems that audit events speak in.
struct AuditCode {
    var system: String
    var code: String
    var display: String

    init(_ system: String, _ code: String, _ display: String) {
        self.system = system
        self.code = code
        self.display = display
    }

    /// DICOM PS3.16, context groups 400 to 403.
    static func dicom(_ code: String, _ display: String) -> AuditCode {
        AuditCode("http://dicom.nema.org/resources/ontology/DCM", code, display)
    }

    static func interaction(_ code: String) -> AuditCode {
        AuditCode("http://hl7.org/fhir/restful-interaction", code, code)
    }

    static let rest = AuditCode("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation")
    static let securityAlert = dicom("110113", "Security Alert")

    static let application = dicom("110150", "Application")
    static let source = dicom("110153", "Source Role ID")
    static let destination = dicom("110152", "Destination Role ID")
    static let custodian = AuditCode(
        "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian")
    static let recipient = participation("IRCP", "information recipient")
    static let author = participation("AUT", "author (originator)")
    static let provider = AuditCode(
        "http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "healthcare provider")

    private static func participation(_ code: String, _ display: String) -> AuditCode {
        AuditCode("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code, display)
    }

    /// BALP's Privacy Disclosure.
    static let disclose = AuditCode(
        "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event")
    static let person = AuditCode("http://terminology.hl7.org/CodeSystem/audit-entity-type", "1", "Person")
    static let systemObject = AuditCode(
        "http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object")
    static let requestID = AuditCode(
        "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", "")
    static let patient = objectRole("1", "Patient")
    static let domainResource = objectRole("4", "Domain Resource")
    static let query = objectRole("24", "Query")

    private static func objectRole(_ code: String, _ display: String) -> AuditCode {
        AuditCode("http://terminology.hl7.org/CodeSystem/object-role", code, display)
    }
}

extension AuditAction {
    /// The codes by which its AuditEvents are found: `AuditEvent.type` and `AuditEvent.subtype`.
    public var typeCodes: (type: String, subtype: String?) { (kind.type.code, kind.subtype?.code) }

    /// Its type, subtype and the letter of <http://hl7.org/fhir/R4/valueset-audit-event-action.html>.
    var kind: (type: AuditCode, subtype: AuditCode?, action: String) {
        switch self {
        case .read: (.rest, .interaction("read"), "R")
        case .vread: (.rest, .interaction("vread"), "R")
        case .history: (.rest, .interaction("history"), "R")
        case .search: (.rest, .interaction("search"), "E")
        case .create: (.rest, .interaction("create"), "C")
        case .update: (.rest, .interaction("update"), "U")
        case .patch: (.rest, .interaction("patch"), "U")
        case .delete: (.rest, .interaction("delete"), "D")
        case .operation: (.rest, .interaction("operation"), "E")
        case .transaction: (.rest, .interaction("transaction"), "E")
        case .signIn, .signInFailed: (.dicom("110114", "User Authentication"), .dicom("110122", "Login"), "E")
        case .signOut: (.dicom("110114", "User Authentication"), .dicom("110123", "Logout"), "E")
        case .export: (.dicom("110106", "Export"), nil, "R")
        case .disclosure: (.dicom("110106", "Export"), .disclose, "R")
        case .refusal: (.securityAlert, nil, "E")
        case .breakGlass: (.securityAlert, .dicom("110127", "Emergency Override Started"), "E")
        case .configuration: (.securityAlert, .dicom("110129", "Security Configuration"), "U")
        case .auditRead: (.dicom("110101", "Audit Log Used"), nil, "R")
        case .reveal: (.securityAlert, .dicom("110132", "Use of Restricted Function"), "R")
        case .objection: (.dicom("110110", "Patient Record"), nil, "E")
        case .start: (.dicom("110100", "Application Activity"), .dicom("110120", "Application Start"), "E")
        case .stop: (.dicom("110100", "Application Activity"), .dicom("110121", "Application Stop"), "E")
        case .possibleLoss: (.securityAlert, .dicom("110134", "Audit Recording Stopped"), "E")
        }
    }

    /// What BALP calls the agents: the side that the data comes from is the source, and who reads is the recipient.
    var agents: (client: AuditCode, server: AuditCode, user: AuditCode) {
        switch self {
        case .read, .vread, .history, .export, .disclosure, .auditRead, .reveal:
            (.destination, .source, .recipient)
        case .create, .update, .patch: (.source, .destination, .author)
        case .delete: (.application, .custodian, .author)
        default: (.source, .destination, .recipient)
        }
    }
}

extension AuditEntry {
    /// The profile of BALP that the entry keeps; nil when it keeps none. Each tells of a success, of one resource or query,
    /// and of where the request came from.
    func profile(hasPatient: Bool) -> String? {
        guard outcome == .success, !network.isEmpty, entities.count == 1, let entity = entities.first else {
            return nil
        }
        let name: String
        switch (action, entity) {
        case (.read, .resource), (.vread, .resource): name = "Read"
        case (.create, .resource): name = "Create"
        case (.update, .resource), (.patch, .resource): name = "Update"
        case (.delete, .resource): name = "Delete"
        case (.search, .query(let query)) where !query.isEmpty: name = "Query"
        default: return nil
        }
        return (hasPatient ? "Patient" : "") + name
    }
}
