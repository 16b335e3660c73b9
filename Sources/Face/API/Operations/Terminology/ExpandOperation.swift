import Foundation
import HTTPTypes
import Terminology

/// The codes of a value set: <https://hl7.org/fhir/R4/valueset-operation-expand.html>
struct ExpandOperation: FHIROperation {
    let name = "expand"
    let definition = "http://hl7.org/fhir/OperationDefinition/ValueSet-expand"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["ValueSet"]
    let parameters = [
        "url", "valueSet", "valueSetVersion", "filter", "date", "offset", "count", "includeDesignations",
        "designation", "includeDefinition", "activeOnly", "excludeNested", "excludeNotForUI",
        "excludePostCoordinated", "displayLanguage", "exclude-system", "system-version", "check-system-version",
        "force-system-version", "tx-resource",
    ]
    let bodyParameter: String? = "valueSet"

    func run(_ request: OperationRequest) async throws -> Reply {
        let parameters = request.parameters
        let reference = ValueSetReference(
            url: try parameters.string("url"), version: try parameters.string("valueSetVersion"),
            resource: try request.subject("valueSet", type: "ValueSet"),
            systemVersions: SystemVersions(
                standard: try parameters.strings("system-version"),
                checked: try parameters.strings("check-system-version"),
                forced: try parameters.strings("force-system-version")), supplied: try parameters.supplied())
        return Reply(.ok, json: try request.terminology.expand(reference, options(parameters)).json())
    }

    private func options(_ parameters: OperationParameters) throws(Fault) -> ExpandOptions {
        var options = ExpandOptions(
            identifier: "urn:uuid:\(UUID().uuidString.lowercased())",
            timestamp: Date.now.formatted(.iso8601))
        options.filter = try parameters.string("filter")
        options.offset = try parameters.integer("offset")
        options.count = try parameters.integer("count")
        options.includeDesignations = try parameters.boolean("includeDesignations") ?? false
        options.designations = try parameters.strings("designation")
        options.includeDefinition = try parameters.boolean("includeDefinition") ?? false
        options.activeOnly = try parameters.boolean("activeOnly") ?? false
        options.excludeNested = try parameters.boolean("excludeNested") ?? false
        options.excludeNotForUI = try parameters.boolean("excludeNotForUI") ?? false
        options.displayLanguage = try parameters.string("displayLanguage")
        options.excludedSystems = try parameters.strings("exclude-system")
        return options
    }
}
