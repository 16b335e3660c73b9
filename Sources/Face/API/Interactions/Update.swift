import FHIR
import HTTPTypes
import Records

/// update, create by update and version-aware update: <https://hl7.org/fhir/R4/http.html#update>
extension FHIRService {
    func update(_ key: ResourceKey, _ call: Call) async throws -> Reply {
        try call.allowOnly()
        let document = try await call.document()
        try checkSubscriptions(in: document, call)
        let expected = try expectedVersion(of: key, call)
        let isCreateOnly = try createsOnly(call)
        let outcome = try await metrics.timingWrite {
            try await call.records.update(key, document, ifMatch: expected, ifNoneMatchAny: isCreateOnly)
        }
        return written(outcome, call)
    }

    /// What `OperationOutcome` tells about a write that went well.
    func outcomeText(_ outcome: WriteOutcome) -> [UInt8] {
        let deed = outcome.created ? "Created" : outcome.changed ? "Updated" : "Unchanged"
        let issue = Issue(
            severity: .information, code: .informational,
            diagnostics: "\(deed): \(outcome.version.key), version \(outcome.version.versionID).")
        return OperationOutcome(issues: [issue]).json()
    }

    /// The version that an `If-Match` header names; nil without such a header.
    func expectedVersion(of key: ResourceKey, _ call: Call) throws -> Int? {
        guard let header = call.fields[.ifMatch] else { return nil }
        switch EntityTag.condition(header) {
        case nil: throw Fault.malformedHeader(.ifMatch, "an ETag such as W/\"3\"")
        case .versions(let versions)? where versions.count == 1: return versions[0]
        case .some(let condition):
            let current: Int
            do throws(RecordsError) {
                current = try call.records.read(key).versionID
            } catch {
                throw Fault(.preconditionFailed, .conflict, "If-Match is given, but \(key) does not exist.")
            }
            guard condition.matches(current) else {
                throw Fault(.preconditionFailed, .conflict, "\(key) is at version \(current), which If-Match lacks.")
            }
            return current
        }
    }

    /// Whether the client wants the write only if nothing is there yet: `If-None-Match: *`.
    func createsOnly(_ call: Call) throws(Fault) -> Bool {
        guard let header = call.fields[.ifNoneMatch] else { return false }
        guard EntityTag.condition(header) == .any else {
            throw .malformedHeader(.ifNoneMatch, "* on an update")
        }
        return true
    }
}
