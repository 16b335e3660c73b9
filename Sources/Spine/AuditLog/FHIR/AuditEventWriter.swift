import Foundation
import JSON

/// Writes entries as FHIR `AuditEvent`s, by the patterns of IHE Basic Audit Log Patterns (BALP) 1.1
/// (<https://profiles.ihe.net/ITI/BALP/>).
///
/// BALP tells of one patient an event, so that an entry that concerns several becomes as many resources.
public struct AuditEventWriter: Sendable {
    /// Who writes: the name of the server, by which it is known in `source` and as an agent.
    public var site: String
    /// The address of the server, `https://…/fhir`.
    public var address: String

    /// - Parameters:
    ///   - site: the name of the server.
    ///   - address: its address.
    public init(site: String, address: String) {
        self.site = site
        self.address = address
    }

    /// The resources of an entry: one, or one for each patient.
    ///
    /// - Returns: JSON texts. Their ids are the place in the log, and `-1`, `-2`, … behind it where there are several.
    public func resources(of placed: AuditTrail.Placed) -> [[UInt8]] {
        let patients = placed.entry.patients
        if patients.count < 2 { return [resource(placed.entry, id: "\(placed.index)", patient: patients.first)] }
        return patients.enumerated().map { offset, patient in
            resource(placed.entry, id: "\(placed.index)-\(offset + 1)", patient: patient)
        }
    }

    private func resource(_ entry: AuditEntry, id: String, patient: String?) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 2048)
        json.beginObject()
        json.member("resourceType", string: "AuditEvent")
        json.member("id", string: id)
        if let profile = entry.profile(hasPatient: patient != nil) {
            json.key("meta")
            json.beginObject()
            json.strings("profile", ["https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.\(profile)"])
            json.endObject()
        }
        let kind = entry.action.kind
        json.coding("type", kind.type)
        if let subtype = kind.subtype {
            json.key("subtype")
            json.beginArray()
            json.coding(subtype)
            json.endArray()
        }
        json.member("action", string: kind.action)
        if let period = entry.period {
            json.key("period")
            json.beginObject()
            json.member("start", string: auditInstant(period.lowerBound))
            json.member("end", string: auditInstant(period.upperBound))
            json.endObject()
        }
        json.member("recorded", string: auditInstant(entry.at))
        json.member("outcome", string: "\(entry.outcome.rawValue)")
        if !entry.reason.isEmpty { json.member("outcomeDesc", string: entry.reason) }
        if !entry.purpose.isEmpty { json.purposes("purposeOfEvent", entry.purpose) }
        writeAgents(entry, into: &json)
        json.key("source")
        json.beginObject()
        json.member("site", string: site)
        json.reference("observer", display: site)
        json.key("type")
        json.beginArray()
        json.coding(.init("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"))
        json.endArray()
        json.endObject()
        writeEntities(entry, patient, into: &json)
        json.endObject()
        return json.bytes
    }

    private func writeAgents(_ entry: AuditEntry, into json: inout JSONWriter) {
        let roles = entry.action.agents
        json.key("agent")
        json.beginArray()
        json.agent(roles.client, requestor: entry.agent.account.isEmpty) { json in
            if entry.agent.client.isEmpty {
                json.reference("who", display: entry.network.isEmpty ? site : entry.network)
            } else {
                json.identifier("who", entry.agent.client)
            }
            if !entry.network.isEmpty { json.network(entry.network) }
        }
        json.agent(roles.server, requestor: false) { json in
            json.reference("who", display: site)
            json.network(address)
        }
        if !entry.agent.account.isEmpty {
            json.agent(roles.user, requestor: true) { json in
                json.key("who")
                json.beginObject()
                if isReference(entry.agent.person) { json.member("reference", string: entry.agent.person) }
                json.key("identifier")
                json.beginObject()
                json.member("value", string: entry.agent.account)
                json.endObject()
                json.endObject()
                if !entry.agent.role.isEmpty { json.texts("role", entry.agent.role) }
                if !entry.purpose.isEmpty { json.purposes("purposeOfUse", entry.purpose) }
            }
        }
        if !entry.agent.organization.isEmpty {
            json.agent(AuditCode.provider, requestor: false) { json in
                json.target("who", "Organization/\(entry.agent.organization)")
            }
        }
        json.endArray()
    }

    private func writeEntities(_ entry: AuditEntry, _ patient: String?, into json: inout JSONWriter) {
        if patient == nil, entry.entities.isEmpty, entry.request.isEmpty { return }
        json.key("entity")
        json.beginArray()
        for entity in entry.entities {
            switch entity {
            case .resource(let reference, let version):
                json.entity(.systemObject, role: .domainResource) { json in
                    json.target("what", reference, version: version)
                }
            case .query(let query):
                json.entity(.systemObject, role: .query) { json in
                    if !query.isEmpty { json.member("query", string: Data(query).base64EncodedString()) }
                }
            }
        }
        if let patient { json.entity(.person, role: .patient) { $0.target("what", patient) } }
        if !entry.request.isEmpty { json.entity(.requestID, role: nil) { $0.identifier("what", entry.request) } }
        json.endArray()
    }
}

extension JSONWriter {
    fileprivate mutating func strings(_ key: String, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    fileprivate mutating func coding(_ code: AuditCode) {
        beginObject()
        member("system", string: code.system)
        member("code", string: code.code)
        if !code.display.isEmpty { member("display", string: code.display) }
        endObject()
    }

    fileprivate mutating func coding(_ key: String, _ code: AuditCode) {
        self.key(key)
        coding(code)
    }

    /// A list of one concept with one coding.
    fileprivate mutating func purposes(_ key: String, _ code: String) {
        self.key(key)
        beginArray()
        concept(AuditCode("http://terminology.hl7.org/CodeSystem/v3-ActReason", code, ""))
        endArray()
    }

    fileprivate mutating func texts(_ key: String, _ text: String) {
        self.key(key)
        beginArray()
        beginObject()
        member("text", string: text)
        endObject()
        endArray()
    }

    private mutating func concept(_ code: AuditCode) {
        beginObject()
        key("coding")
        beginArray()
        coding(code)
        endArray()
        endObject()
    }

    /// A reference; what was asked for and can't be one, such as an id with strange characters, is told in words.
    fileprivate mutating func target(_ key: String, _ reference: String, version: String = "") {
        guard isReference(reference), version.isEmpty || isReference("Type/\(version)") else {
            return self.reference(key, display: reference.isEmpty ? "?" : reference)
        }
        self.key(key)
        beginObject()
        member("reference", string: version.isEmpty ? reference : "\(reference)/_history/\(version)")
        endObject()
    }

    fileprivate mutating func reference(_ key: String, display: String) {
        self.key(key)
        beginObject()
        member("display", string: display)
        endObject()
    }

    fileprivate mutating func identifier(_ key: String, _ value: String) {
        self.key(key)
        beginObject()
        self.key("identifier")
        beginObject()
        member("value", string: value)
        endObject()
        endObject()
    }

    fileprivate mutating func network(_ address: String) {
        let isIP =
            address.contains { $0 == "." || $0 == ":" } && address.allSatisfy { $0.isHexDigit || ".:".contains($0) }
        key("network")
        beginObject()
        member("address", string: address)
        // http://hl7.org/fhir/R4/valueset-network-type.html: an IP address, or a URI.
        member("type", string: isIP ? "2" : "5")
        endObject()
    }

    fileprivate mutating func agent(_ type: AuditCode, requestor: Bool, _ body: (inout JSONWriter) -> Void) {
        beginObject()
        key("type")
        concept(type)
        body(&self)
        member("requestor", bool: requestor)
        endObject()
    }

    fileprivate mutating func entity(_ type: AuditCode, role: AuditCode?, _ body: (inout JSONWriter) -> Void) {
        beginObject()
        body(&self)
        coding("type", type)
        if let role { coding("role", role) }
        endObject()
    }
}

/// Whether a text is the relative address of a resource, `Type/id`.
private func isReference(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, (1...64).contains(parts[1].count) else { return false }
    func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    return parts[0].allSatisfy(isLetter)
        && parts[1].allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
}

/// An instant as FHIR writes it, in UTC. What lies beyond the years 1 to 9999 is written as their end.
func auditInstant(_ milliseconds: Int64) -> String {
    let bounded = min(max(milliseconds, -62_135_596_800_000), 253_402_300_799_999)
    let remainder = (bounded % 1000 + 1000) % 1000
    var seconds = time_t((bounded - remainder) / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ value: some BinaryInteger, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
        + "T\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):\(digits(parts.tm_sec, 2)).\(digits(remainder, 3))Z"
}
