import Access
import AuditLog
public import Records

/// Reading the log as FHIR AuditEvents.
extension Gate {
    /// An AuditEvent, and what it was made from.
    public struct FoundEvent: Sendable {
        /// `AuditEvent/…` without the type.
        public var id: String
        /// The resource as JSON.
        public var json: [UInt8]
    }

    /// A page of AuditEvents that somebody may see: operators with the audit duty all, residents those about their own
    /// records and their young children's, without the events' technical parts.
    ///
    /// - Parameters:
    ///   - query: what is looked for.
    ///   - address: the address of the FHIR door.
    /// - Returns: nil when the role sees no events at all.
    /// - Throws: ``AuditQuery/BadCursor``, `RecordsError`.
    public func auditEvents(
        _ query: AuditQuery, for caller: Caller, address: String
    ) throws -> (events: [FoundEvent], next: String?)? {
        let reader = caller.on(.audit)
        let writer = AuditEventWriter(site: options.site, address: address)
        guard try mayRead(reader, about: nil) else {
            guard let patient = query.patient ?? reader.subject.patient.map({ "Patient/\($0)" }),
                case .resident = reader.subject.role
            else { return nil }
            guard try mayRead(reader, about: patient) else { return ([], nil) }
            var own = query
            own.patient = patient
            let page = try store.readSQL { db in try own.page(in: db) }
            return (page.entries.map { event($0.seen(by: patient), about: patient, writer) }, page.next)
        }
        let page = try store.readSQL { db in try query.page(in: db) }
        let events = page.entries.flatMap { placed in
            if let patient = query.patient { return [event(placed, about: patient, writer)] }
            let isOne = placed.entry.patients.count < 2
            return writer.resources(of: placed).enumerated().map { offset, json in
                FoundEvent(id: isOne ? "\(placed.index)" : "\(placed.index)-\(offset + 1)", json: json)
            }
        }
        return (events, page.next)
    }

    /// One AuditEvent by its id; nil when it is not there or not for the caller.
    public func auditEvent(_ id: String, for caller: Caller, address: String) throws -> FoundEvent? {
        let numbers = id.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...2).contains(numbers.count), let index = numbers[0], index >= 0 else { return nil }
        guard let entry = try store.readSQL({ db in try AuditTrail.entry(at: index, in: db) }) else { return nil }
        let place = numbers.count == 2 ? numbers[1].map { Int($0) - 1 } ?? -1 : 0
        guard
            numbers.count == 2
                ? entry.patients.count > 1 && entry.patients.indices.contains(place)
                : entry.patients.count < 2
        else { return nil }
        let writer = AuditEventWriter(site: options.site, address: address)
        let placed = AuditTrail.Placed(index: index, entry: entry)
        let reader = caller.on(.audit)
        if try mayRead(reader, about: nil) { return FoundEvent(id: id, json: writer.resources(of: placed)[place]) }
        guard !entry.patients.isEmpty, try mayRead(reader, about: entry.patients[place]) else { return nil }
        return event(placed.seen(by: entry.patients[place]), about: entry.patients[place], writer)
    }

    /// Whether somebody sees events: about a patient, or about anything.
    public func mayRead(_ reader: Caller, about patient: String?) throws(RecordsError) -> Bool {
        var labels = ResourceLabels(type: "AuditEvent", id: "")
        if let patient { labels.persons = [String(patient.dropFirst("Patient/".count))] }
        let now = options.now()
        let relations =
            patient == nil
            ? Relations() : try store.sight(of: reader.subject, policy: options.policy, now: now).relations
        return options.policy.decide(reader.subject, .read, on: .resource(labels), relations: relations, at: now)
            .isPermit
    }

    /// The event as it concerns one patient.
    private func event(_ placed: AuditTrail.Placed, about patient: String, _ writer: AuditEventWriter) -> FoundEvent {
        let all = placed.entry.patients
        let isOne = all.count < 2
        let place = all.firstIndex(of: patient) ?? 0
        return FoundEvent(
            id: isOne ? "\(placed.index)" : "\(placed.index)-\(place + 1)", json: writer.resources(of: placed)[place])
    }
}

extension AuditTrail.Placed {
    /// What a resident may know of it: who, from which institution, when and why, and what of the own record. Of a search
    /// that met others too, neither its words nor the others' records; no address, session or number of a request.
    func seen(by patient: String) -> AuditTrail.Placed {
        var seen = self
        seen.entry.network = ""
        seen.entry.session = ""
        seen.entry.request = ""
        seen.entry.entities = entry.entities.filter { entity in
            guard case .resource(let reference, _) = entity else { return false }
            return entry.patients.count < 2 || reference == patient
        }
        return seen
    }
}
