import Access
import Accounts
import FHIR
import Foundation
import Gate
import HTTPTypes
import JSON
import Records

/// Signs that somebody may export a copy for research, or takes that back: once by the owner of the data (a manager), once by
/// a security officer (an operator with the security duty). Nobody signs for themselves, or twice.
///
/// No operation of FHIR's own.
struct ApproveExportOperation: FHIROperation {
    let name = "approve-export"
    let definition = "https://healthbrain.dev/fhir/OperationDefinition/approve-export"
    let levels: Set<OperationLevel> = [.system]
    let affectsState = true
    let parameters = ["id", "applicant", "study", "type", "category", "until", "k", "withdraw"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        guard let visitor = request.call.visitor else {
            throw Fault(.badRequest, .notSupported, "Every record of this server is open: exports need no approval.")
        }
        let gate = visitor.gate
        let caller = visitor.caller.subject.role == .manager ? visitor.caller : visitor.caller.on(.security)
        if let refusal = try gate.decide(caller, .exportApproval, request: visitor.requestID).refusal {
            throw Fault.refused(refusal)
        }
        let parameters = request.parameters
        let id = try parameters.requiredString("id")
        guard (1...64).contains(id.count), ResourceKey.isID(id) else {
            throw Fault.malformedParameter("id", "up to 64 letters, digits, hyphens and points")
        }
        let applicant = try applicant(parameters, gate)
        let now = gate.options.now()
        if try parameters.boolean("withdraw") == true {
            try await request.store.withdrawApproval(id, applicant: applicant, at: now, trace: visitor.trace)
            return Self.answer(id, applicant, "withdrawn")
        }
        let approval = try await request.store.sign(
            try terms(id, request, now, gate.options.policy), applicant: applicant,
            signer: caller.subject.account,
            as: caller.subject.role == .manager ? .dataOwner : .securityOfficer, at: now, trace: visitor.trace)
        return Self.answer(id, applicant, approval.isSigned ? "approved" : "signed once")
    }

    /// The account of a login name, or an account's or a program's own id.
    private func applicant(_ parameters: OperationParameters, _ gate: Gate) throws -> String {
        let text = try parameters.requiredString("applicant")
        guard (1...200).contains(text.count) else { throw Fault.malformedParameter("applicant", "a login or an id") }
        return (try? gate.accounts.account(login: text))?.id.uuidString ?? text
    }

    private func terms(
        _ id: String, _ request: OperationRequest, _ now: Int64, _ policy: AccessPolicy
    ) throws -> ExportApproval {
        let parameters = request.parameters
        let types = try parameters.strings("type").flatMap { $0.split(separator: ",").map(String.init) }
        for type in types where !request.definitions.isResourceType(type) {
            throw Fault.malformedParameter("type", "resource types of FHIR R4")
        }
        guard !types.isEmpty else { throw Fault.missingParameter("type") }
        let categories = try parameters.strings("category").map { name in
            guard let category = Sensitivity(rawValue: name) else {
                throw Fault.malformedParameter(
                    "category", "one of \(Sensitivity.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return category
        }
        let study = try parameters.requiredString("study")
        guard (4...1000).contains(study.count) else { throw Fault.malformedParameter("study", "4 to 1000 characters") }
        guard let until = try parameters.dateTime("until")?.highMilliseconds, until > now else {
            throw Fault.malformedParameter("until", "a date or time that is still to come")
        }
        let k = try parameters.integer("k") ?? policy.researchKMin
        guard k >= policy.researchKMin, k <= 1_000_000 else {
            throw Fault.malformedParameter("k", "\(policy.researchKMin) or more")
        }
        // Without Patients nobody could be counted.
        return ExportApproval(
            id: id, types: Set(types + ["Patient"]), sensitivities: Set(categories), until: until, study: study, k: k)
    }

    private static func answer(_ id: String, _ applicant: String, _ state: String) -> Reply {
        var json = JSONWriter()
        json.beginObject()
        json.member("resourceType", string: "Parameters")
        json.key("parameter")
        json.beginArray()
        for (name, value) in [("id", id), ("applicant", applicant), ("state", state)] {
            json.beginObject()
            json.member("name", string: name)
            json.member("valueString", string: value)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return Reply(.ok, json: json.bytes)
    }
}
