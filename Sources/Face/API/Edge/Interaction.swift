/// What a request asks the server to do: FHIR's interactions, and the few doors beside them. Metrics and logs are
/// grouped by it.
enum Interaction: Int, CaseIterable, Sendable {
    case read
    case vread
    case update
    case create
    case patch
    case conditionalPatch
    case delete
    case conditionalUpdate
    case conditionalDelete
    case historyInstance
    case historyType
    case historySystem
    case searchType
    case searchSystem
    case searchCompartment
    case transaction
    case operation
    case export
    case capabilities
    case health
    case metrics
    case session
    case auditLog
    case highway
    case advice
    case page
    case unknown

    /// FHIR's code, or a word of ours where FHIR has none.
    var code: String {
        switch self {
        case .conditionalUpdate: "conditional-update"
        case .conditionalPatch: "conditional-patch"
        case .conditionalDelete: "conditional-delete"
        case .historyInstance: "history-instance"
        case .historyType: "history-type"
        case .historySystem: "history-system"
        case .searchType: "search-type"
        case .searchSystem: "search-system"
        case .auditLog: "audit-log"
        case .advice: "cds-hooks"
        case .searchCompartment: "search-compartment"
        default: "\(self)"
        }
    }
}
