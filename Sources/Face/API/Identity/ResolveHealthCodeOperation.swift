import Access
import AuditLog
import FHIR
import Gate
import HTTPTypes
import HealthCode
import JSON
import Persons
import Records

/// Who stands before somebody, by the health code that they show; no operation of FHIR's own.
///
/// Whoever may read Patients for care may ask: clinicians, and programs of institutions. That the resident shows a code that
/// holds for a minute opens their identity, not their record. Each time is in the audit log under the resident's name.
struct ResolveHealthCodeOperation: FHIROperation {
    let name = "resolve-health-code"
    let definition = "https://healthbrain.dev/fhir/OperationDefinition/Patient-resolve-health-code"
    let levels: Set<OperationLevel> = [.type]
    let types: [String]? = ["Patient"]
    let affectsState = true
    let parameters = ["token"]
    let isDecidedByRecords = true

    private static let told = ["identifier", "name", "gender", "birthDate"]

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let desk = request.service.healthCodes, let visitor = request.call.visitor else {
            throw Fault(.notFound, .notSupported, "This server has no health codes.")
        }
        try mayAsk(visitor, request)
        let token = try request.parameters.requiredString("token")
        let found: (patient: String, claims: HealthCodeClaims)
        do throws(HealthCodeFault) {
            found = try desk.resolve(token, now: visitor.gate.options.now())
        } catch {
            try visitor.gate.note(
                .operation, by: visitor.caller, outcome: .refused, reason: "health code: \(error)",
                entities: [.query(Array("Patient/$\(name)".utf8))], request: visitor.requestID)
            throw Fault(.unprocessableContent, .security, "\(error)")
        }
        let id = try request.service.persons?.survivor(of: found.patient) ?? found.patient
        let key = ResourceKey(type: "Patient", id: id)
        try visitor.gate.note(
            .operation, by: visitor.caller, reason: "health code \(found.claims.nonce)", patients: [key.description],
            entities: [.query(Array("Patient/$\(name)".utf8)), .resource(key.description)], request: visitor.requestID)
        let patient = try JSONDocument(parsing: request.store.read(key).json()).root
        var out = ParametersText()
        out.add("patient", "valueReference", Array(#"{"reference":"\#(key)"}"#.utf8))
        out.add("identity", resource: Self.identity(of: patient, id: id))
        return Reply(.ok, json: out.finished())
    }

    private func mayAsk(_ visitor: Visitor, _ request: OperationRequest) throws {
        let subject = visitor.caller.subject
        let decision = visitor.gate.options.policy.decide(
            subject, .read, on: .type("Patient"), at: visitor.gate.options.now())
        let isForCare = subject.role == .clinician || subject.role == .system
        if let refusal = isForCare ? decision.refusal : .role {
            try visitor.note(self, at: request.place, refusal: refusal)
            throw Fault.refused(refusal)
        }
    }

    /// What says who somebody is, and nothing of where they live or whom they know.
    private static func identity(of patient: JSONNode, id: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("resourceType", string: "Patient")
        writer.member("id", string: id)
        for key in told {
            guard let value = patient[JSONKey(key)] else { continue }
            writer.member(key, raw: value.compactText())
        }
        writer.endObject()
        return writer.bytes
    }
}
