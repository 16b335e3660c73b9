import Access
import AuditLog
import Export
import FHIR
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records

/// How an export stands, its files, and its end:
/// <https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request>
extension FHIRService {
    /// One who asks about an export of theirs.
    private struct Holder {
        let desk: ExportDesk
        let job: ExportJob
        /// For the purpose of the export; nil in an open house.
        let caller: Caller?
    }

    /// The export, if it is theirs who asks, and they may still have it.
    private func holder(_ id: String, _ call: Call) throws -> Holder {
        let hidden = Fault(.notFound, .notFound, "There is no such export, or it is over.")
        guard let exports else { throw hidden }
        guard let visitor = call.visitor else {
            guard let job = exports.job(id, of: nil) else { throw hidden }
            return Holder(desk: exports, job: job, caller: nil)
        }
        guard let job = exports.job(id, of: ExportJob.Owner(visitor.caller)) else {
            try visitor.gate.note(
                .export, by: visitor.caller, outcome: .refused, reason: "not-found",
                entities: [.query(Array("_export/\(id)".utf8))], request: visitor.requestID)
            throw hidden
        }
        let caller = Purpose(rawValue: job.purpose).map(visitor.caller.stating) ?? visitor.caller
        return Holder(desk: exports, job: job, caller: caller)
    }

    func export(_ id: String, file: String?, _ call: Call) throws -> Reply {
        let holder = try holder(id, call)
        if let file { return try self.file(file, holder, call) }
        let job = holder.job
        switch job.state {
        case .waiting, .running:
            var reply = Reply(.accepted)
            reply.fields[.progress] = job.progress
            reply.fields[.retryAfter] = "5"
            return reply
        case .failed:
            return Reply(Fault(.internalServerError, .exception, job.fault ?? "The export failed."))
        case .complete:
            var reply = Reply(.ok, json: manifest(job, call))
            reply.fields[.contentType] = MediaTypes.plainJSON
            reply.fields[.expires] = HTTPDate.text(milliseconds: job.expires)
            reply.fields[.cacheControl] = "no-store"
            return reply
        }
    }

    /// Ends an export, or removes its files.
    func endExport(_ id: String, _ call: Call) throws -> Reply {
        let holder = try holder(id, call)
        if let visitor = call.visitor, let caller = holder.caller {
            try visitor.gate.note(
                .export, by: caller, reason: "removed", entities: [.query(Array("_export/\(id)".utf8))],
                request: visitor.requestID)
        }
        holder.desk.remove(holder.job)
        return Reply(.accepted)
    }

    private func manifest(_ job: ExportJob, _ call: Call) -> [UInt8] {
        let place = "\(call.base)/_export/\(job.id)"
        var json = JSONWriter()
        json.beginObject()
        json.member("transactionTime", string: isoInstant(job.moment ?? job.accepted))
        json.member("request", string: job.address)
        json.member("requiresAccessToken", bool: call.visitor != nil)
        json.key("output")
        json.beginArray()
        for file in job.files {
            guard let type = file.type else { continue }
            json.beginObject()
            json.member("type", string: type)
            json.member("url", string: "\(place)/\(file.name)")
            json.member("count", integer: file.count)
            json.endObject()
        }
        json.endArray()
        json.key("error")
        json.beginArray()
        json.endArray()
        let reports = job.files.filter { $0.type == nil }
        if !reports.isEmpty {
            json.key("extension")
            json.beginObject()
            json.key(Self.reportsKey)
            json.beginArray()
            for file in reports { json.string("\(place)/\(file.name)") }
            json.endArray()
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    /// Under which the manifest of a copy for research names its reports.
    static let reportsKey = "https://healthbrain.dev/fhir/bulkdata/research-reports"

    /// A file, when whoever asks may still export what is in it; whose records are in it is in the log before it leaves.
    private func file(_ name: String, _ holder: Holder, _ call: Call) throws -> Reply {
        guard let found = holder.job.files.first(where: { $0.name == name }),
            let path = holder.desk.path(of: name, in: holder.job)
        else { throw Fault(.notFound, .notFound, "The export has no such file.") }
        if let visitor = call.visitor, let caller = holder.caller {
            try note(found, holder, caller, visitor, isHead: call.request.method == .head)
        }
        var reply = Reply(.ok)
        reply.file = FileBody(path: path, bytes: found.bytes)
        let isReport = name.hasSuffix(".json")
        reply.fields[.contentType] =
            found.type != nil
            ? "application/fhir+ndjson" : isReport ? MediaTypes.plainJSON : "text/markdown; charset=utf-8"
        reply.fields[.cacheControl] = "no-store"
        return reply
    }

    /// At most so many patients are named by one event.
    private static let patientsPerEvent = 1_000

    private func note(
        _ file: ExportJob.File, _ holder: Holder, _ caller: Caller, _ visitor: Visitor, isHead: Bool
    ) throws {
        let (gate, id) = (visitor.gate, visitor.requestID)
        let asked: [AuditEntity] = [.query(Array("_export/\(holder.job.id)/\(file.name)".utf8))]
        var records = try gate.records(caller, request: id).0
        do throws(RecordsError) {
            if let approval = holder.job.approval { records = try records.under(approval: approval) }
        } catch {
            try gate.note(
                .export, by: caller, outcome: .refused, reason: Refusal.exportNotApproved.rawValue, entities: asked,
                request: id)
            throw error
        }
        if let refusal = records.refusalToExport(file.type ?? "Patient") {
            try gate.note(
                .export, by: caller, outcome: .refused, reason: refusal.rawValue, entities: asked, request: id)
            throw Refused(refusal: refusal)
        }
        if isHead { return }
        let persons = holder.desk.persons(of: file.name, in: holder.job).map { "Patient/" + $0 }
        for start in stride(from: 0, through: max(0, persons.count - 1), by: Self.patientsPerEvent) {
            let part = persons[start..<min(start + Self.patientsPerEvent, persons.count)]
            try gate.note(
                .export, by: caller, reason: "\(file.count) resources", patients: Array(part), entities: asked,
                request: id)
        }
    }
}
