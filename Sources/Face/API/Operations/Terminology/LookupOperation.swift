import HTTPTypes
import Terminology

/// What a code means: <https://hl7.org/fhir/R4/codesystem-operation-lookup.html>
struct LookupOperation: FHIROperation {
    let name = "lookup"
    let definition = "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup"
    let levels: Set<OperationLevel> = [.type]
    let types: [String]? = ["CodeSystem"]
    let parameters = ["code", "system", "version", "coding", "date", "displayLanguage", "property"]

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let coding = try request.parameters.codings(system: "system", version: "version").first else {
            throw Fault.missingParameter("code")
        }
        let lookup = try request.terminology.lookup(
            coding, displayLanguage: request.parameters.string("displayLanguage"),
            properties: request.parameters.strings("property"))
        return Reply(.ok, json: lookup.parameters())
    }
}
