import Access
import AuditLog
import Export
import FHIR
import Foundation
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records

/// Everything that one may see: <https://hl7.org/fhir/uv/bulkdata/STU2/export.html#endpoint---system-level-export>
struct ExportOperation: FHIROperation {
    let name = "export"
    let definition = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"
    let levels: Set<OperationLevel> = [.system]
    let parameters = ExportKickOff.parameters
    let isDecidedByRecords = true

    /// What the server promises by it.
    static let capabilities = "http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"

    func run(_ request: OperationRequest) async throws -> Reply { try ExportKickOff(request, .system).reply() }
}

/// What is about patients: <https://hl7.org/fhir/uv/bulkdata/STU2/export.html#endpoint---all-patients>
struct PatientExportOperation: FHIROperation {
    let name = "export"
    let definition = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export"
    let levels: Set<OperationLevel> = [.type]
    let types: [String]? = ["Patient"]
    let parameters = ExportKickOff.parameters + ["patient"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply { try ExportKickOff(request, .patient).reply() }
}

/// What is about the members of a group: <https://hl7.org/fhir/uv/bulkdata/STU2/export.html#endpoint---group-of-patients>
struct GroupExportOperation: FHIROperation {
    let name = "export"
    let definition = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export"
    let levels: Set<OperationLevel> = [.instance]
    let types: [String]? = ["Group"]
    let parameters = ExportKickOff.parameters + ["patient"]
    let isDecidedByRecords = true

    func run(_ request: OperationRequest) async throws -> Reply { try ExportKickOff(request, .group).reply() }
}

/// The start of a bulk export: reads what is wanted, decides whether it may be had, and answers where it will be.
struct ExportKickOff {
    /// Those of the specification that are understood, and ours for copies for research.
    static let parameters = [
        "_outputFormat", "_since", "_until", "_type", "_elements", "_purpose", "_approval", "_k", "_population",
    ]

    private let request: OperationRequest
    private let level: ExportRequest.Level
    private let desk: ExportDesk
    private let caller: Caller?
    private let policy: AccessPolicy

    init(_ request: OperationRequest, _ level: ExportRequest.Level) throws {
        guard let desk = request.service.exports else {
            throw Fault(
                .notImplemented, .notSupported, "This server has no folder for exports: start it with --data.")
        }
        guard Preferences(request.call.fields).respondsAsync else {
            throw Fault(.badRequest, .required, "An export is done in the background: send Prefer: respond-async.")
        }
        self.request = request
        self.level = level
        self.desk = desk
        policy = request.call.visitor?.gate.options.policy ?? AccessPolicy()
        caller = try Self.caller(request)
    }

    /// Who asks, for the purpose that is stated.
    private static func caller(_ request: OperationRequest) throws -> Caller? {
        guard let code = try request.parameters.string("_purpose") else { return request.call.visitor?.caller }
        guard let purpose = Purpose.of(code: code) else {
            throw Fault.malformedParameter("_purpose", "a code of PurposeOfUse such as HRESCH")
        }
        return request.call.visitor?.caller.stating(purpose)
    }

    func reply() throws -> Reply {
        do {
            return try accepted()
        } catch {
            // A refusal is told to the log with its reason; what was asked wrongly is no refusal.
            if let visitor = request.call.visitor, Fault(error).status == .forbidden {
                try visitor.gate.note(
                    .export, by: caller ?? visitor.caller, outcome: .refused, reason: Self.reason(error),
                    entities: [.query(asked)], request: visitor.requestID)
            }
            throw error
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? Refused)?.refusal.rawValue ?? Refusal.exportNotApproved.rawValue
    }

    /// The request as it is told to the log.
    private var asked: [UInt8] {
        let place = request.place.key?.description ?? request.place.type ?? ""
        let pairs = request.parameters.entries.map { ($0.name, (try? $0.string()) ?? "…") }
        return Array("\(place)/$export?\(Form.encoded(pairs))".utf8)
    }

    private func accepted() throws -> Reply {
        let isResearch =
            try caller.map { $0.subject.purpose == .research }
            ?? (request.parameters.string("_purpose").flatMap(Purpose.of) == .research)
        var records =
            try caller.map { caller in
                try request.call.visitor?.gate.records(caller, request: request.call.visitor?.requestID ?? "").0
                    ?? request.records
            } ?? request.records
        let approval = isResearch ? try self.approval(records) : nil
        if let approval { records = try records.under(approval: approval.id) }
        let wanted = try wanted(records, isResearch: isResearch, approval)
        let errand = ExportDesk.Errand(
            request: wanted, owner: caller.map(ExportJob.Owner.init), view: view(approval?.id),
            whenOver: whenOver(approval?.id))
        let job: ExportJob
        do { job = try desk.accept(errand) } catch let fault as ExportFault { throw Fault(fault) }
        if let visitor = request.call.visitor, let caller {
            do {
                try visitor.gate.note(
                    .export, by: caller, reason: Self.leave(wanted.study), entities: [.query(asked)],
                    request: visitor.requestID)
            } catch {
                desk.remove(job)
                throw error
            }
        }
        var reply = Reply(
            .accepted,
            json: OperationOutcome(issues: [
                Issue(
                    severity: .information, code: .informational,
                    diagnostics: "The export has been taken; ask for it at the Content-Location.")
            ]).json())
        reply.fields[.contentLocation] = "\(request.call.base)/_export/\(job.id)"
        return reply
    }

    /// By whose leave a copy for research is made, for the log.
    private static func leave(_ study: ResearchStudy?) -> String {
        guard let study else { return "" }
        return "approval \(study.approval), data owner \(study.dataOwner), security officer \(study.securityOfficer): "
            + study.title
    }

    /// Looks anew at each page, so that an approval or a right that is taken back ends the export.
    private func view(_ approval: String?) -> @Sendable () throws(RecordsError) -> SeenRecords {
        guard let visitor = request.call.visitor, let caller else {
            let everything = request.service.everything
            return { () throws(RecordsError) in everything }
        }
        let (gate, id) = (visitor.gate, visitor.requestID)
        return { () throws(RecordsError) in
            let records = try gate.records(caller, request: id).0
            guard let approval else { return records }
            return try records.under(approval: approval)
        }
    }

    private func whenOver(_ approval: String?) -> @Sendable (Bool, String) throws -> Void {
        guard let visitor = request.call.visitor, let caller else { return { _, _ in } }
        let (gate, id, asked) = (visitor.gate, visitor.requestID, asked)
        return { isComplete, words in
            try gate.note(
                .export, by: caller, outcome: isComplete ? .success : .failed,
                reason: (isComplete ? "complete: " : "given up: ") + words, entities: [.query(asked)], request: id)
        }
    }

    // MARK: What is wanted

    /// The one approval by which a copy for research is made; nil in an open house.
    private func approval(_ records: SeenRecords) throws -> ExportApproval? {
        guard caller != nil else { return nil }
        let all = records.approvals
        if let id = try request.parameters.string("_approval") {
            guard let found = all.first(where: { $0.id == id }) else { throw Refused(refusal: .exportNotApproved) }
            return found
        }
        guard let only = all.first else { throw Refused(refusal: .exportNotApproved) }
        guard all.count == 1 else {
            throw Fault(
                .badRequest, .required,
                "You have several approvals: name one by _approval: \(all.map(\.id).joined(separator: ", ")).")
        }
        return only
    }

    private func wanted(
        _ records: SeenRecords, isResearch: Bool, _ approval: ExportApproval?
    ) throws -> ExportRequest {
        let parameters = request.parameters
        if let format = try parameters.string("_outputFormat"), !Self.isLines(format) {
            throw Fault.malformedParameter("_outputFormat", "application/fhir+ndjson")
        }
        if isResearch { try refuseNarrowing() }
        var wanted = ExportRequest(
            address: request.call.base + String(request.call.request.head.path?.dropFirst(5) ?? ""), level: level,
            types: try types(records, isResearch: isResearch, approval),
            since: try parameters.dateTime("_since")?.lowMilliseconds,
            until: try parameters.dateTime("_until")?.highMilliseconds,
            elements: try parameters.strings("_elements").flatMap(Self.list),
            purpose: caller?.subject.purpose.rawValue ?? "")
        wanted.patients = try patients(records)
        if isResearch { wanted.study = try study(approval) }
        return wanted
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
    }

    private static func isLines(_ format: String) -> Bool {
        // An unescaped plus sign in a query arrives as a space.
        ["application/fhir+ndjson", "application/fhir ndjson", "application/ndjson", "ndjson"].contains(
            MediaTypes.name(of: format) ?? "")
    }

    /// A part of the copy could be so small that its persons are rare in it.
    private func refuseNarrowing() throws {
        for name in ["_since", "_until", "_elements", "patient"] where request.parameters.has(name) {
            throw Fault(
                .badRequest, .notSupported,
                "A copy for research is made of all persons: leave \(name) out, and narrow it by _type.")
        }
        guard level != .group else {
            throw Fault(.badRequest, .notSupported, "A copy for research is made of all persons, not of a Group.")
        }
    }

    private func types(
        _ records: SeenRecords, isResearch: Bool, _ approval: ExportApproval?
    ) throws -> [String] {
        if level == .system, let refusal = records.refusalToExport(nil) { throw Refused(refusal: refusal) }
        if level != .system || isResearch, let refusal = records.refusalToExport("Patient") {
            throw Refused(refusal: refusal)
        }
        let compartment = Set(request.definitions.compartment("Patient")?.parameters.keys.map { $0 } ?? [])
            .union(["Patient"])
        let asked = try request.parameters.strings("_type").flatMap(Self.list)
        for type in asked {
            guard request.definitions.isResourceType(type) else {
                throw Fault.malformedParameter("_type", "resource types of FHIR R4, with commas between them")
            }
            guard level == .system || compartment.contains(type) else {
                throw Fault(.badRequest, .invalid, "\(type) is not about patients; export it by /fhir/$export.")
            }
            if let refusal = approval.map({ $0.types.contains(type) }) == false
                ? .exportNotApproved : records.refusalToExport(type)
            {
                throw Refused(refusal: refusal)
            }
        }
        if !asked.isEmpty { return Self.ordered(Set(asked)) }
        let there = try request.store.status().resourceCounts.filter { $0.value > 0 }.keys
        return Self.ordered(
            Set(
                there.filter { type in
                    (level == .system || compartment.contains(type)) && approval?.types.contains(type) != false
                        && records.refusalToExport(type) == nil
                }))
    }

    /// Patients come first.
    private static func ordered(_ types: Set<String>) -> [String] {
        types.sorted { ($0 == "Patient" ? "" : $0) < ($1 == "Patient" ? "" : $1) }
    }

    /// The patients asked for, and the members of the group; nil for all.
    private func patients(_ records: SeenRecords) throws -> Set<String>? {
        var found: Set<String>?
        if let key = request.place.key {
            let group = try records.read(key)
            let root = try JSONDocument(parsing: group.json()).root
            var members: Set<String> = []
            for member in root["member"].map({ Array($0.elements) }) ?? [] where member["inactive"]?.bool != true {
                guard let reference = member["entity"]?["reference"]?.string,
                    let patient = ResourceKey(reference: reference), patient.type == "Patient"
                else { continue }
                members.insert(patient.id)
            }
            found = members
        }
        guard request.parameters.has("patient") else { return found }
        guard request.call.request.method == .post else {
            throw Fault(.badRequest, .notSupported, "The parameter patient is sent by POST.")
        }
        let asked = try request.parameters.all("patient").map { entry in
            let text = entry.anyValue?["reference"]?.string ?? (try? entry.string()) ?? ""
            guard let key = ResourceKey(reference: text), key.type == "Patient" else {
                throw Fault.malformedParameter("patient", "a reference such as Patient/123")
            }
            return key.id
        }
        return found.map { $0.intersection(asked) } ?? Set(asked)
    }

    private func study(_ approval: ExportApproval?) throws -> ResearchStudy {
        let k = try request.parameters.integer("_k") ?? 0
        let population = try request.parameters.integer("_population")
        if let population, population < 1 { throw Fault.malformedParameter("_population", "a number of people") }
        return ResearchStudy(
            approval: approval?.id ?? "", title: approval?.study ?? "", dataOwner: approval?.dataOwner ?? "",
            securityOfficer: approval?.securityOfficer ?? "", k: max(k, approval?.k ?? 0, policy.researchKMin),
            population: population, secret: desk.options.randomBytes(32), profile: try ResearchProfile.city())
    }
}

/// A refusal by the rules.
struct Refused: Error {
    let refusal: Refusal
}

extension ExportJob.Owner {
    init(_ caller: Caller) {
        let agent = caller.agent
        self.init(account: agent.account, client: agent.client)
    }
}

extension Fault {
    init(_ fault: ExportFault) {
        switch fault {
        case .busy:
            self.init(.tooManyRequests, .throttled, fault.description)
            fields[.retryAfter] = "60"
        case .folder, .full, .cancelled, .unsettled:
            self.init(.internalServerError, .exception, fault.description)
        }
    }
}
