import AuditLog
import FHIR
import JSON
import Records

/// A resident's objection to an access: a Task for the supervisor of the institution, as it stands.
struct Objection: Sendable, Equatable {
    /// The system of the code that marks these Tasks.
    static let codeSystem = "https://healthbrain.dev/fhir/CodeSystem/task"
    static let code = "access-objection"
    /// The system of the identifier that names the entry of the log.
    static let entrySystem = "https://healthbrain.dev/fhir/audit-entry"
    /// The longest reason, in characters.
    static let reasonMax = 1_000

    let id: String
    let status: String
    let authored: String
    let owner: String?
    let entry: Int64?
    let reason: String?
    /// What the supervisor has answered.
    let reply: String?

    /// Reads a Task.
    init(_ task: JSONNode) {
        id = task["id"]?.string ?? ""
        status = task["status"]?.string ?? ""
        authored = task["authoredOn"]?.string ?? ""
        owner = task["owner"]?["reference"]?.string
        entry = task["identifier"]?.elements.first { $0["system"]?.equals(Self.entrySystem) == true }?["value"]?.string
            .flatMap { Int64($0) }
        reason = task["reasonCode"]?["text"]?.string
        let output = task["output"]?.elements.first { $0["valueString"] != nil }?["valueString"]?.string
        reply = output ?? task["statusReason"]?["text"]?.string
    }

    /// The objections about a patient's record, newest first.
    static func load(_ records: any PortalRecords, patient: String) throws -> [Objection] {
        let page = try records.search(
            type: "Task",
            parameters: [
                ("patient", patient), ("code", "\(codeSystem)|\(code)"), ("_sort", "-authored-on"), ("_count", "50"),
            ])
        return page.entries.compactMap { entry in
            (try? JSONDocument(parsing: entry.version.json())).map { Objection($0.root) }
        }
    }

    /// The Task of a new objection.
    /// - Parameters:
    ///   - placed: the entry of the log.
    ///   - patient: whose record it is about, by id.
    ///   - requester: who objects: `Patient/…`.
    ///   - reason: in the resident's words; nil for none.
    ///   - authored: when, an instant of FHIR.
    static func task(
        _ placed: AuditTrail.Placed, patient: String, requester: String, reason: String?, authored: String
    ) throws -> JSONDocument {
        var json = JSONWriter()
        json.beginObject()
        json.member("resourceType", string: "Task")
        json.key("identifier")
        json.beginArray()
        json.beginObject()
        json.member("system", string: entrySystem)
        json.member("value", string: "\(placed.index)")
        json.endObject()
        json.endArray()
        json.member("status", string: "requested")
        json.member("intent", string: "order")
        json.member("priority", string: placed.entry.action == .breakGlass ? "urgent" : "routine")
        json.key("code")
        json.beginObject()
        json.key("coding")
        json.beginArray()
        json.beginObject()
        json.member("system", string: codeSystem)
        json.member("code", string: code)
        json.endObject()
        json.endArray()
        json.member("text", string: "对一次查阅提出异议 Objection to an access")
        json.endObject()
        for (name, reference) in [("for", "Patient/" + patient), ("requester", requester)] {
            json.key(name)
            json.beginObject()
            json.member("reference", string: reference)
            json.endObject()
        }
        json.member("authoredOn", string: authored)
        if !placed.entry.agent.organization.isEmpty {
            json.key("owner")
            json.beginObject()
            json.member("reference", string: "Organization/" + placed.entry.agent.organization)
            json.endObject()
        }
        if let reason {
            json.key("reasonCode")
            json.beginObject()
            json.member("text", string: String(reason.prefix(reasonMax)))
            json.endObject()
        }
        json.endObject()
        return try JSONDocument(parsing: json.bytes)
    }
}
