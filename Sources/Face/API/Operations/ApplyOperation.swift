import FHIR
import HTTPTypes
import JSON
import Pathways
import Records

/// A person's plan by a PlanDefinition: <http://hl7.org/fhir/R4/plandefinition-operation-apply.html>
///
/// It answers with a CarePlan that contains a RequestGroup and its Tasks; nothing is written. The plan is made from what the one who
/// asks may see of the person.
struct ApplyOperation: FHIROperation {
    let name = "apply"
    let definition = "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"
    let levels: Set<OperationLevel> = [.type, .instance]
    let types: [String]? = ["PlanDefinition"]
    let affectsState = false
    let parameters = [
        "planDefinition", "canonical", "subject", "encounter", "practitioner", "organization", "userType",
        "userLanguage", "userTaskContext", "setting", "settingContext",
    ]
    let bodyParameter: String? = "planDefinition"
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let subject = try subject(request) else { throw Fault.missingParameter("subject") }
        let pathway = try pathway(request)
        let desk = request.service.pathways ?? PathwayDesk(request.store, [])
        let documents = try SeenPerson.documents(subject.id, request.records)
        guard let look = desk.look(at: documents, now: request.store.now, along: [pathway]), let plan = look.plans.first
        else { throw Fault.noSuchRecord(subject) }
        let proposed = ProposedPlan(
            pathway, look.record, try OwnerDirectory(request.store), now: request.store.now)
        return Reply(.ok, json: proposed.carePlan(plan))
    }

    private func subject(_ request: OperationRequest) throws -> ResourceKey? {
        guard let entry = try request.parameters.one("subject") else { return nil }
        var text = entry.anyValue?["reference"]?.string
        if text == nil { text = try entry.string() }
        guard let key = text.flatMap({ ResourceKey(reference: $0) }), key.type == "Patient" else {
            throw Fault.malformedParameter("subject", "a reference to one Patient")
        }
        return key
    }

    /// The definition: one that is followed, one that is stored, or one that is sent.
    private func pathway(_ request: OperationRequest) throws -> Pathway {
        let followed = request.service.pathways?.pathways ?? []
        if let key = request.place.key {
            if let own = followed.first(where: { $0.id == key.id }) { return own }
            return try compiled(JSONDocument(parsing: request.records.read(key).json()).root, request)
        }
        if let sent = try request.parameters.resource("planDefinition") {
            guard sent["resourceType"]?.equals("PlanDefinition") == true else {
                throw Fault.malformedParameter("planDefinition", "a PlanDefinition")
            }
            return try compiled(sent, request)
        }
        guard let canonical = try request.parameters.string("canonical") else {
            throw Fault.missingParameter("planDefinition")
        }
        if let own = followed.first(where: { $0.canonical == canonical || $0.url == canonical }) { return own }
        let parts = canonical.split(separator: "|", maxSplits: 1).map(String.init)
        var query = [("url", parts.first ?? ""), ("_sort", "-_lastUpdated"), ("_count", "1")]
        if parts.count > 1 { query.append(("version", parts[1])) }
        guard let found = try request.records.search(type: "PlanDefinition", parameters: query).entries.first else {
            throw Fault(.notFound, .notFound, "The plan definition isn't known here.")
        }
        return try compiled(JSONDocument(parsing: found.version.json()).root, request)
    }

    /// A definition of others, in the form of Docs/programmes.md. Its roles are what its actions name; it has no parameters but those
    /// of a followed programme that has the pathway too.
    private func compiled(_ definition: JSONNode, _ request: OperationRequest) throws -> Pathway {
        let own = request.service.pathways?.pathways.first { one in
            definition["url"]?.equals(one.url) == true || definition["id"]?.equals(one.id) == true
        }
        var setting =
            own?.setting
            ?? ProgrammeSetting(
                id: definition["id"]?.string ?? "plan", version: definition["version"]?.string ?? "1",
                title: Words(zh: definition["title"]?.string ?? "计划"))
        for action in definition.list("action").flatMap({ [$0] + $0.list("action") }) {
            for coding in action.list("participant").flatMap({ $0["role"]?.list("coding") ?? [] }) {
                guard let code = coding["code"]?.string, setting.roles[code] == nil else { continue }
                setting.roles[code] = ProgrammeSetting.Role(
                    id: code, title: Words(zh: coding["display"]?.string ?? code), reach: .generalPractitioner)
            }
        }
        do { return try Pathway(definition, setting, request.definitions) } catch {
            throw RecordsError(
                .unprocessable,
                issues: error.found.map { path, text in
                    Issue(severity: .error, code: .invalid, diagnostics: "\(path): \(text)")
                })
        }
    }
}
