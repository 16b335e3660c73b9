import Access
import Accounts
import AuditLog
import FHIR
import Foundation
import Gate
import HTTPTypes
import Hummingbird
import Records

/// AuditEvents: read and searched from the audit log, which alone writes them.
extension FHIRService {
    /// What can be searched by.
    private static let auditParameters = [
        "patient", "agent", "date", "outcome", "type", "subtype", "_count", "_cursor",
    ]

    /// Answers what is asked about AuditEvents; nil when the route is about something else.
    func auditEvents(_ call: Call, at route: Route, _ interaction: inout Interaction) async throws -> Reply? {
        guard let visitor = call.visitor else { return nil }
        let method = call.request.method
        let isRetrieval = method == .get || method == .head
        switch route {
        case .instance(let key) where key.type == "AuditEvent" && isRetrieval:
            interaction = .read
            return try auditEvent(key, call, visitor)
        case .type("AuditEvent") where isRetrieval:
            interaction = .searchType
            return try auditEvents(call.pairs, nil, call, visitor)
        case .typeSearch("AuditEvent") where method == .post:
            interaction = .searchType
            return try auditEvents(try await searchForm(call), nil, call, visitor)
        case .compartment(let centre, "AuditEvent") where centre.type == "Patient" && isRetrieval:
            interaction = .searchCompartment
            return try auditEvents(call.pairs, centre, call, visitor)
        case .version(let key, _) where key.type == "AuditEvent",
            .instanceHistory(let key) where key.type == "AuditEvent":
            throw Fault(.notFound, .notSupported, "An AuditEvent is never changed: it has no versions.")
        case .typeHistory("AuditEvent"):
            throw Fault(.notFound, .notSupported, "AuditEvents are never changed: they have no history.")
        default: return nil
        }
    }

    private func auditEvent(_ key: ResourceKey, _ call: Call, _ visitor: Visitor) throws -> Reply {
        let event = try visitor.gate.auditEvent(key.id, for: visitor.caller, address: call.base)
        try visitor.gate.note(
            .auditRead, by: visitor.caller.on(.audit), outcome: event == nil ? .refused : .success,
            entities: [.resource(key.description)], request: visitor.requestID)
        guard let event else { throw Fault.noSuchRecord(key) }
        return Reply(.ok, json: event.json)
    }

    private func auditEvents(
        _ parameters: [(String, String)], _ centre: ResourceKey?, _ call: Call, _ visitor: Visitor
    ) throws -> Reply {
        var query = AuditQuery()
        query.patient = centre?.description
        for (name, value) in parameters { try read(name, value, into: &query, visitor) }
        let asked = Array(("AuditEvent?" + Form.encoded(parameters)).utf8)
        let found: (events: [Gate.FoundEvent], next: String?)?
        do { found = try visitor.gate.auditEvents(query, for: visitor.caller, address: call.base) } catch is AuditQuery
            .BadCursor
        {
            throw Fault.malformedParameter("_cursor", "one that this server gave out")
        }
        try visitor.gate.note(
            .auditRead, by: visitor.caller.on(.audit), outcome: found == nil ? .refused : .success,
            reason: found == nil ? "role" : "", patients: query.patient.map { [$0] } ?? [], entities: [.query(asked)],
            request: visitor.requestID)
        guard let found else { throw Fault.refused(.role) }
        var text = BundleText(type: "searchset", total: nil)
        let place = "\(call.base)/\(centre.map { "\($0)/" } ?? "")AuditEvent"
        text.links(PageLinks(place: place, parameters: parameters, next: found.next))
        for event in found.events {
            text.searchEntry(ResourceKey(type: "AuditEvent", id: event.id), event.json, mode: "match", base: call.base)
        }
        return Reply(.ok, json: text.finished())
    }

    private func read(
        _ name: String, _ value: String, into query: inout AuditQuery, _ visitor: Visitor
    ) throws {
        switch name {
        case "patient":
            let id = value.hasPrefix("Patient/") ? String(value.dropFirst("Patient/".count)) : value
            guard ResourceKey.isID(id) else { throw Fault.malformedParameter(name, "a reference such as Patient/1") }
            query.patient = "Patient/\(id)"
        case "agent": query.account = try account(value, visitor)
        case "date": query.time = try query.time.clamped(to: Self.range(value))
        case "outcome":
            query.outcomes = Set(
                try value.split(separator: ",").map { code in
                    guard let outcome = UInt8(code).flatMap({ AuditOutcome(rawValue: $0) }) else {
                        throw Fault.malformedParameter(name, "one of 0, 4, 8 and 12")
                    }
                    return outcome
                })
        case "type", "subtype":
            let codes = value.split(separator: ",").map { $0.split(separator: "|").last.map(String.init) }
            let meant = AuditAction.allCases.filter { action in
                codes.contains(name == "type" ? action.typeCodes.type : action.typeCodes.subtype ?? "")
            }
            query.actions = Set(meant).intersection(query.actions ?? Set(AuditAction.allCases))
        case "_count":
            guard let count = Int(value), count > 0 else { throw Fault.malformedParameter(name, "1 or more") }
            query.count = min(count, 1_000)
        case "_cursor": query.cursor = value
        default: throw Fault.unknownParameter(name, Self.auditParameters)
        }
    }

    /// The account of a person (`Practitioner/1`), or an account's own id.
    private func account(_ value: String, _ visitor: Visitor) throws -> String {
        guard value.contains("/") else { return value }
        return (try? visitor.gate.accounts.accounts(person: value))?.first?.id.uuidString ?? value
    }

    /// The instants that a date parameter means (<https://hl7.org/fhir/R4/search.html#date>).
    private static func range(_ text: String) throws(Fault) -> Range<Int64> {
        let prefix = String(text.prefix { $0.isLetter })
        guard let date = FHIRDateTime(String(text.dropFirst(prefix.count))) else {
            throw .malformedParameter("date", "a date or time, maybe behind eq, ge, gt, le or lt")
        }
        let (low, high) = (date.lowMilliseconds, date.highMilliseconds)
        switch prefix {
        case "", "eq": return low..<high + 1
        case "ge": return low..<Int64.max
        case "gt", "sa": return high + 1..<Int64.max
        case "le": return Int64.min..<high + 1
        case "lt", "eb": return Int64.min..<low
        default: throw .malformedParameter("date", "a date or time, maybe behind eq, ge, gt, le or lt")
        }
    }
}
