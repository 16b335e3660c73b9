import FHIR
import JSON

/// Where a resource type says which patients it is about.
///
/// The Patient compartment of R4 names for each type the search parameters that put a resource into it. Some of them say
/// whom a record is about (`patient`, `subject`, `beneficiary`), others who took part (`performer`, `sender`, `payee`). The
/// first decide; the others only where the first find nobody, so that one who recorded something about another does not
/// own that record.
struct PersonPaths: Sendable {
    /// The paths that say whom a resource is about.
    var about: [ElementPath] = []
    /// The paths that say who took part.
    var participants: [ElementPath] = []

    /// Parameters of the compartment that say whom a record is about.
    private static let aboutParameters: Set<String> = [
        "patient", "subject", "beneficiary", "individual", "actor", "member",
    ]

    /// What the compartment leaves out and is about persons all the same, or takes its person from what it refers to.
    private static let others: [String: [[String]]] = [
        "BiologicallyDerivedProduct": [["collection", "source"]], "Binary": [["securityContext"]],
        "Contract": [["subject"]], "Device": [["patient"]], "DeviceMetric": [["source"]],
        "EnrollmentResponse": [["request"]], "GuidanceResponse": [["subject"]], "Linkage": [["item", "resource"]],
        "MessageHeader": [["focus"]], "PaymentNotice": [["request"], ["response"]],
        "PaymentReconciliation": [["request"], ["detail", "request"], ["detail", "response"]],
        "Provenance": [["target"]], "Task": [["for"]], "VerificationResult": [["target"]],
    ]

    /// The paths of every type that has some.
    static func table(_ definitions: Definitions) -> [String: PersonPaths] {
        var table: [String: PersonPaths] = [:]
        for (type, parameters) in definitions.compartment("Patient")?.parameters ?? [:] where type != "Patient" {
            var found = PersonPaths()
            for parameter in parameters {
                guard let expression = definitions.searchParameter(parameter, of: type)?.expression,
                    let paths = ElementPath.paths(expression, of: type)
                else { continue }
                // An audited access is about the patients touched; who acted took part.
                let isAgent: (ElementPath) -> Bool = { $0.steps.first?.string == "agent" }
                if aboutParameters.contains(parameter) {
                    found.about += paths.filter { !isAgent($0) }
                    found.participants += paths.filter(isAgent)
                } else {
                    found.participants += paths
                }
            }
            table[type] = found
        }
        for (type, paths) in others {
            table[type, default: PersonPaths()].about = paths.map { ElementPath($0) }
        }
        return table
    }
}
