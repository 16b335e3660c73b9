import HTTPTypes
import JSON
import Terminology

/// What a code is in another system: <https://hl7.org/fhir/R4/conceptmap-operation-translate.html>
struct TranslateOperation: FHIROperation {
    let name = "translate"
    let definition = "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["ConceptMap"]
    let parameters = [
        "url", "conceptMap", "conceptMapVersion", "code", "system", "version", "source", "coding", "codeableConcept",
        "target", "targetsystem", "dependency", "reverse",
    ]

    func run(_ request: OperationRequest) async throws -> Reply {
        let parameters = request.parameters
        var wanted = TranslationRequest(try parameters.codings(system: "system", version: "version"))
        wanted.url = try parameters.string("url")
        wanted.version = try parameters.string("conceptMapVersion")
        wanted.resource = try request.subject("conceptMap", type: "ConceptMap")
        wanted.source = try parameters.string("source")
        wanted.target = try parameters.string("target")
        wanted.targetSystem = try parameters.string("targetsystem")
        wanted.isReverse = try parameters.boolean("reverse") ?? false
        for entry in parameters.all("dependency") {
            let parts = try entry.parts()
            let concept = try parts.value("concept", type: "CodeableConcept")
            wanted.dependencies.append(
                (try parts.requiredString("element"), concept.map { CodingReference.list($0) } ?? []))
        }
        return Reply(.ok, json: try request.terminology.translate(wanted).parameters())
    }
}
