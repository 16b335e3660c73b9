import FHIR
import HTTPTypes
import JSON
import Records

/// The body of a call of a service: <https://cds-hooks.hl7.org/2.0/#calling-a-cds-service>
///
/// `fhirServer` and `fhirAuthorization` are not used: the house looks into its own records, as the caller's token lets it.
struct AdviceRequest {
    let patient: String
    let context: JSONNode
    let prefetch: JSONNode?

    /// - Throws: 400 that says what is missing or wrong.
    init(_ body: JSONNode, hook: AdviceHook) throws(Fault) {
        func fault(_ text: String) -> Fault { Fault(.badRequest, .invalid, text) }
        guard body.isObject else { throw fault("The body is a JSON object.") }
        guard let name = body["hook"]?.string else { throw fault("“hook” is needed, a text.") }
        guard name == hook.rawValue else {
            throw fault("This service is for the hook \(hook.rawValue); the request says another.")
        }
        guard body["hookInstance"]?.string?.isEmpty == false else { throw fault("“hookInstance” is needed, a UUID.") }
        guard let context = body["context"], context.isObject else { throw fault("“context” is needed, an object.") }
        guard context["userId"]?.string?.isEmpty == false else {
            throw fault("“context.userId” is needed, such as Practitioner/1.")
        }
        guard var patient = context["patientId"]?.string, !patient.isEmpty else {
            throw fault("“context.patientId” is needed, the id of a Patient.")
        }
        if patient.hasPrefix("Patient/") { patient.removeFirst("Patient/".count) }
        guard ResourceKey(reference: "Patient/\(patient)") != nil else {
            throw fault("“context.patientId” is no id of FHIR.")
        }
        if let prefetch = body["prefetch"], !prefetch.isObject { throw fault("“prefetch” is an object.") }
        if hook == .orderSelect {
            guard context["selections"]?.isArray == true else {
                throw fault("“context.selections” is needed, an array of references to draft orders.")
            }
            guard context["draftOrders"]?["resourceType"]?.equals("Bundle") == true else {
                throw fault("“context.draftOrders” is needed, a Bundle.")
            }
        }
        self.patient = patient
        self.context = context
        prefetch = body["prefetch"]
    }

    /// The draft orders that are selected; all where none is. Only those about the person count.
    var drafts: [JSONNode] {
        let selected = Set(context.list("selections").compactMap(\.string))
        let all = context["draftOrders"]?.list("entry").compactMap { $0["resource"] } ?? []
        let own = all.filter { about($0) }
        let chosen = own.filter { selected.contains("\($0["resourceType"]?.string ?? "")/\($0["id"]?.string ?? "")") }
        return chosen.isEmpty ? own : chosen
    }

    /// What the client knows of the person and has sent along: resources of `prefetch` that are about them.
    var sentAlong: [JSONNode] {
        let values = prefetch?.members.map(\.value) ?? []
        let resources = values.flatMap { value in
            value["resourceType"]?.equals("Bundle") == true
                ? value.list("entry").compactMap { $0["resource"] } : [value]
        }
        return resources.filter { $0["resourceType"]?.equals("Patient") != true && $0["id"] != nil && about($0) }
    }

    private func about(_ resource: JSONNode) -> Bool {
        let reference = (resource["subject"] ?? resource["patient"])?["reference"]?.string ?? ""
        return reference == "Patient/\(patient)" || reference.hasSuffix("/Patient/\(patient)")
    }
}

/// The moments at which advice is given.
enum AdviceHook: String, CaseIterable {
    /// A person's record is opened.
    case patientView = "patient-view"
    /// Orders are chosen, and not yet signed.
    case orderSelect = "order-select"

    /// The id of the service.
    var service: String { "programmes-\(rawValue)" }
}
