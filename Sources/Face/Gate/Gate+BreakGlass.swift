import Access
import Accounts
import AuditLog
import FHIR
import Foundation
import JSON
import Records

/// A time of day as residents read it, by the clock of Asia/Shanghai: 2026年11月22日21:37.
private func beijingTime(_ milliseconds: Int64) -> String {
    let text = isoInstant(milliseconds + 8 * 3_600_000)
    let date = text.prefix(10).split(separator: "-").compactMap { Int($0) }
    return zip(date, ["年", "月", "日"]).map { "\($0)\($1)" }.joined() + text.dropFirst(11).prefix(5)
}

extension Gate {
    /// Opens one patient's record to a clinician for a short time: written into the audit log with its effect, told to the
    /// patient by a Communication, and put before a second person by a Task.
    ///
    /// - Parameters:
    ///   - caller: who asks; a clinician.
    ///   - patient: the Patient's id.
    ///   - reason: why, in words.
    ///   - request: the `X-Request-Id`.
    /// - Returns: until when, in milliseconds since 1970 UTC; nil when there is no such patient.
    /// - Throws: ``GateError``: `notForRole`, `reasonTooShort`, `auditUnavailable`; `RecordsError`.
    public func breakGlass(
        _ caller: Caller, patient: String, reason: String, request: String
    ) async throws -> Int64? {
        let now = options.now()
        let reference = "Patient/\(patient)"
        func refuse(_ why: String) throws(GateError) {
            try note(
                .breakGlass, by: caller, outcome: .refused, reason: why, patients: [reference], request: request)
        }
        guard case .clinician = caller.subject.role else {
            try refuse("role")
            throw GateError.notForRole
        }
        let glass = BreakGlass(patient: patient, reason: reason, from: now)
        guard glass.holds(at: now, options.policy) else {
            try refuse("reason")
            throw GateError.reasonTooShort(characters: options.policy.reasonCharactersMin)
        }
        do { _ = try store.read(ResourceKey(type: "Patient", id: patient)) } catch {
            try refuse("not-found")
            return nil
        }
        let until = now + Int64(options.policy.breakGlassMinutes) * 60_000
        var emergency = caller.subject
        emergency.purpose = .emergency
        let trace = trace(caller.with(emergency), request: request)
        // The patient is told before anything is open.
        let told = try JSONDocument(parsing: tellings(caller, patient, reason, now, until))
        _ = try await ownRecords(trace).process(bundle: told)
        try await store.openBreakGlass(glass, account: caller.subject.account, trace: trace)
        return until
    }

    /// A Communication to the patient, and a Task for whoever looks after the institution's use of break-glass.
    private func tellings(
        _ caller: Caller, _ patient: String, _ reason: String, _ now: Int64, _ until: Int64
    ) -> [UInt8] {
        let assignment = caller.assignment
        let due = now + Int64(options.policy.reviewWithinHours) * 3_600_000
        var json = JSONWriter()
        json.beginObject()
        json.member("resourceType", string: "Bundle")
        json.member("type", string: "transaction")
        json.key("entry")
        json.beginArray()
        json.entry("Communication") { json in
            json.member("status", string: "completed")
            json.reference("subject", "Patient/\(patient)")
            json.key("recipient")
            json.beginArray()
            json.reference("Patient/\(patient)")
            json.endArray()
            json.concept("topic", code: "break-glass", text: "紧急调阅 Emergency access")
            json.member("sent", string: isoInstant(now))
            if let person = assignment?.person { json.reference("sender", person) }
            json.key("payload")
            json.beginArray()
            json.beginObject()
            json.member(
                "contentString",
                string: "有医务人员在紧急情况下查看了您的档案，权限至\(beijingTime(until))止；理由将由机构复核。"
                    + "A clinician opened your record in an emergency; access ends at the time given, and a second "
                    + "person reviews it.")
            json.endObject()
            json.endArray()
        }
        json.entry("Task") { json in
            json.member("status", string: "requested")
            json.member("intent", string: "order")
            json.member("priority", string: "urgent")
            json.concept("code", code: "break-glass-review", text: "紧急调阅复核 Review of an emergency access")
            json.member("description", string: reason)
            // Not what the task is for: that would bring the patient into the institution's care.
            json.reference("focus", "Patient/\(patient)")
            json.member("authoredOn", string: isoInstant(now))
            if let person = assignment?.practitionerRole ?? assignment?.person { json.reference("requester", person) }
            if let organization = assignment?.organization { json.reference("owner", organization) }
            json.key("restriction")
            json.beginObject()
            json.key("period")
            json.beginObject()
            json.member("end", string: isoInstant(due))
            json.endObject()
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func entry(_ type: String, _ body: (inout JSONWriter) -> Void) {
        beginObject()
        key("resource")
        beginObject()
        member("resourceType", string: type)
        body(&self)
        endObject()
        key("request")
        beginObject()
        member("method", string: "POST")
        member("url", string: type)
        endObject()
        endObject()
    }

    fileprivate mutating func reference(_ key: String, _ target: String) {
        self.key(key)
        reference(target)
    }

    fileprivate mutating func reference(_ target: String) {
        beginObject()
        member("reference", string: target)
        endObject()
    }

    fileprivate mutating func concept(_ key: String, code: String, text: String) {
        self.key(key)
        beginObject()
        self.key("coding")
        beginArray()
        beginObject()
        member("system", string: CareRelation.accessCodes)
        member("code", string: code)
        endObject()
        endArray()
        member("text", string: text)
        endObject()
    }
}
