import HTTPTypes
import Terminology

/// Whether a system has a code: <https://hl7.org/fhir/R4/codesystem-operation-validate-code.html>
struct ValidateCodeInSystemOperation: FHIROperation {
    let name = "validate-code"
    let definition = "http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["CodeSystem"]
    let parameters = [
        "url", "codeSystem", "code", "version", "display", "coding", "codeableConcept", "date", "abstract",
        "displayLanguage",
    ]

    func run(_ request: OperationRequest) async throws -> Reply {
        let parameters = request.parameters
        let answer = try request.terminology.validate(
            parameters.codings(system: "url", version: "version"), inSystem: parameters.string("url"),
            version: parameters.string("version"), supplied: request.subject("codeSystem", type: "CodeSystem"),
            options: CodeValidationOptions(parameters))
        return Reply(.ok, json: answer.parameters())
    }
}

/// Whether a value set has a code: <https://hl7.org/fhir/R4/valueset-operation-validate-code.html>
struct ValidateCodeInValueSetOperation: FHIROperation {
    let name = "validate-code"
    let definition = "http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["ValueSet"]
    let parameters = [
        "url", "valueSet", "valueSetVersion", "code", "system", "systemVersion", "display", "coding",
        "codeableConcept", "date", "abstract", "displayLanguage", "tx-resource",
    ]

    func run(_ request: OperationRequest) async throws -> Reply {
        let parameters = request.parameters
        let reference = ValueSetReference(
            url: try parameters.string("url"), version: try parameters.string("valueSetVersion"),
            resource: try request.subject("valueSet", type: "ValueSet"), supplied: try parameters.supplied())
        let answer = try request.terminology.validate(
            parameters.codings(system: "system", version: "systemVersion"), in: reference,
            options: CodeValidationOptions(parameters))
        return Reply(.ok, json: answer.parameters())
    }
}

extension CodeValidationOptions {
    fileprivate init(_ parameters: OperationParameters) throws(Fault) {
        self.init(
            allowsAbstract: try parameters.boolean("abstract") ?? false,
            displayLanguage: try parameters.string("displayLanguage"))
    }
}
