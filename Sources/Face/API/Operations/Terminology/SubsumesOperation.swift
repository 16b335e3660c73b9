import HTTPTypes
import Terminology

/// How two codes are related: <https://hl7.org/fhir/R4/codesystem-operation-subsumes.html>
struct SubsumesOperation: FHIROperation {
    let name = "subsumes"
    let definition = "http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["CodeSystem"]
    let parameters = ["codeA", "codeB", "system", "version", "codingA", "codingB"]

    func run(_ request: OperationRequest) async throws -> Reply {
        let outcome = try request.terminology.subsumes(
            code("A", request), code("B", request), in: request.subject("codeSystem", type: "CodeSystem"))
        return Reply(.ok, json: outcome.parameters())
    }

    private func code(_ letter: String, _ request: OperationRequest) throws(Fault) -> CodingReference {
        let parameters = request.parameters
        if let code = try parameters.string("code" + letter) {
            return CodingReference(
                system: try parameters.string("system"), version: try parameters.string("version"), code: code)
        }
        guard let coding = try parameters.coding("coding" + letter) else { throw .missingParameter("code" + letter) }
        return coding
    }
}
