import Access
import AuditLog
import FHIR
import Gate
import HTTPTypes
import JSON
import Persons
import Records

/// Makes two Patients one. The parameters are those of FHIR R6's `Patient/$merge`:
/// <https://hl7.org/fhir/6.0.0-ballot2/patient-operation-merge.html>; `reason` is ours.
struct MergeOperation: FHIROperation {
    let name = "merge"
    let definition = "https://healthbrain.dev/fhir/OperationDefinition/Patient-merge"
    let levels: Set<OperationLevel> = [.type]
    let types: [String]? = ["Patient"]
    let affectsState = true
    let parameters = [
        "source-patient", "source-patient-identifier", "target-patient", "target-patient-identifier",
        "result-patient", "preview", "reason",
    ]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        let persons = try request.persons()
        let parameters = request.parameters
        let source = try patient("source-patient", request)
        let target = try patient("target-patient", request)
        let isReviewed = try request.requireIdentityDuty([source, target], self)
        let result = try parameters.resource("result-patient").map {
            try JSONDocument(parsing: $0.compactText())
        }
        // Who passes the content writes it, and needs the same right as for a PUT of that Patient.
        if let result { try request.records.check(updating: ResourceKey(type: "Patient", id: target), to: result) }
        let isPreview = try parameters.boolean("preview") ?? false
        let reason = try isPreview ? parameters.string("reason") ?? "" : parameters.requiredString("reason")
        let outcome = try await persons.merge(
            MergeRequest(
                source: source, target: target, result: result, author: request.identityAuthor, reason: reason,
                isReviewed: isReviewed), isPreview: isPreview, trace: request.call.visitor?.trace)
        var out = ParametersText()
        out.add(
            "outcome",
            resource: OperationOutcome(issues: [
                Issue(
                    .information, .informational,
                    "\(isPreview ? "Would rewrite" : "Rewrote") \(outcome.rewritten) resources that referred to "
                        + "Patient/\(source).")
            ]).json())
        out.add("result", resource: outcome.result.text)
        return Reply(.ok, json: out.finished())
    }

    /// The id of a Patient that a reference or identifiers name.
    private func patient(_ name: String, _ request: OperationRequest) throws -> String {
        if let reference = try request.parameters.value(name, type: "Reference")?["reference"]?.string {
            guard let key = ResourceKey(reference: reference), key.type == "Patient" else {
                throw Fault.malformedParameter(name, "a reference to a Patient")
            }
            return key.id
        }
        let identifiers = request.parameters.all(name + "-identifier")
        guard !identifiers.isEmpty else { throw Fault.missingParameter(name) }
        let query = try identifiers.map { entry in
            guard let value = entry.anyValue?["value"]?.string else {
                throw Fault.malformedParameter(name + "-identifier", "an Identifier with a value")
            }
            let system = entry.anyValue?["system"]?.string.map { $0 + "|" } ?? ""
            return ("identifier", system + value)
        }
        let page = try request.records.search(type: "Patient", parameters: query + [("_count", "2")])
        guard page.entries.count == 1, let found = page.entries.first else {
            throw Fault(
                .unprocessableContent, page.entries.isEmpty ? .notFound : .multipleMatches,
                "The identifiers of \(name) do not name one Patient that you may see.")
        }
        return found.version.key.id
    }
}

/// Takes a merge back; no operation of FHIR's own. `patient` is the one that went.
struct UnmergeOperation: FHIROperation {
    let name = "unmerge"
    let definition = "https://healthbrain.dev/fhir/OperationDefinition/Patient-unmerge"
    let levels: Set<OperationLevel> = [.instance]
    let types: [String]? = ["Patient"]
    let affectsState = true
    let parameters: [String] = []
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply {
        let persons = try request.persons()
        guard let key = request.place.key else { throw Fault.missingParameter("patient") }
        let survivor = try persons.survivor(of: key.id)
        _ = try request.requireIdentityDuty([key.id, survivor], self)
        let count = try await persons.unmerge(
            key.id, author: request.identityAuthor, trace: request.call.visitor?.trace)
        let issue = Issue(.information, .informational, "Gave \(count) resources back to \(key).")
        return Reply(.ok, json: OperationOutcome(issues: [issue]).json())
    }
}

extension OperationRequest {
    /// The account that decides.
    var identityAuthor: String {
        guard let visitor = call.visitor else { return "open" }
        return visitor.caller.agent.account.isEmpty ? visitor.caller.agent.client : visitor.caller.agent.account
    }

    /// Refuses whoever may not decide about the Patients.
    /// - Returns: whether a person decides, who may overrule what a rule forbids programs.
    func requireIdentityDuty(_ patients: [String], _ operation: any FHIROperation) throws -> Bool {
        guard let visitor = call.visitor else { return true }
        switch visitor.gate.identityDuty(of: visitor.caller) {
        case nil, .masked:
            // On masked values one may decide at the review desk, not by naming ids.
            try visitor.note(operation, at: place, refusal: .role)
            throw Fault.refused(.role)
        case .everybody:
            try visitor.note(operation, at: place)
            return false
        case .inCare:
            let wanted = Set(patients)
            let seen = try visitor.gate.whole(Array(wanted).sorted(), in: records)
            if let missing = wanted.sorted().first(where: { seen[$0] == nil }) {
                throw Fault.noSuchRecord(ResourceKey(type: "Patient", id: missing))
            }
            try visitor.note(operation, at: place)
            return true
        }
    }
}
