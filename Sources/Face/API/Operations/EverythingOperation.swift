import FHIR
import HTTPTypes
import Persons
import Records

/// All that belongs to a patient: <https://hl7.org/fhir/R4/patient-operation-everything.html>
struct PatientEverythingOperation: FHIROperation {
    let name = "everything"
    let definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["Patient"]
    let parameters = ["start", "end", "_since", "_type", "_count", "_cursor"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply { try everything(request) }
}

/// All that belongs to an encounter: <https://hl7.org/fhir/R4/encounter-operation-everything.html>
struct EncounterEverythingOperation: FHIROperation {
    let name = "everything"
    let definition = "http://hl7.org/fhir/OperationDefinition/Encounter-everything"
    let levels: Set<OperationLevel> = [.instance]
    let types: [String]? = ["Encounter"]
    let parameters = ["_since", "_type", "_count", "_cursor"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply { try everything(request) }
}

extension FHIROperation {
    fileprivate func everything(_ request: OperationRequest) throws -> Reply {
        let parameters = request.parameters
        var query = EverythingQuery()
        query.start = try parameters.dateTime("start")
        query.end = try parameters.dateTime("end")
        query.since = try parameters.dateTime("_since")?.lowMilliseconds
        query.types = try parameters.strings("_type").flatMap { $0.split(separator: ",").map(String.init) }
        query.cursor = try parameters.string("_cursor")
        if let count = try parameters.integer("_count") {
            guard count > 0 else { throw Fault.malformedParameter("_count", "a whole number, 1 or more") }
            query.count = count
        }
        let type = request.place.type ?? ""
        var id = request.place.key?.id
        if type == "Patient", let asked = id { id = try request.service.persons?.survivor(of: asked) ?? asked }
        let page = try request.records.everything(of: type, id: id, query)
        let sent = try parameters.entries.map { ($0.name, try $0.string()) }
        let place = "\(request.call.base)/\(request.place.key?.description ?? type)/$\(name)"
        var text = BundleText(type: "searchset", total: page.total)
        text.links(PageLinks(place: place, parameters: sent, next: page.next))
        for entry in page.entries {
            text.searchEntry(
                entry.version.key, entry.version.json(), mode: entry.mode.rawValue, base: request.call.base)
        }
        return Reply(.ok, json: text.finished())
    }
}
