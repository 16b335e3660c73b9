import Access
import AuditLog
import FHIR
import JSON
import Records
import SQL
import Synchronization

extension Subscriptions {
    /// Sends what one subscription has to send.
    ///
    /// - Returns: whether there is nothing more to do until the feed grows.
    func work(_ id: String) async throws -> Bool {
        let version: Version
        do throws(RecordsError) { version = try store.read(ResourceKey(type: "Subscription", id: id)) } catch {
            guard error.category == .gone || error.category == .notFound else { throw error }
            return true
        }
        let resource = try JSONDocument(parsing: version.json()).root
        let status = resource["status"]?.string
        guard status == "requested" || status == "active" else { return true }
        guard let terms = try await terms(resource, version) else { return true }
        if let end = terms.end, end <= options.now() {
            try await set(terms.id, .off, "")
            return true
        }
        var standing = try await standing(id, from: version.sequence)
        if standing.retry > options.now() {
            memory.withLock { $0.retry[id] = standing.retry }
            return false
        }
        if status == "requested" {
            guard try await greet(terms, standing) else { return false }
            standing = try await self.standing(id, from: version.sequence)
        }
        let next = standing.delivered + terms.interval
        if terms.interval > 0, next > options.now() {
            memory.withLock { $0.retry[id] = next }
            return false
        }
        while !Task.isCancelled {
            let looked = memory.withLock { $0.looked[id] }
            let place = looked?.kept == standing.place ? looked?.place ?? standing.place : standing.place
            guard let batch = try batch(terms, standing, after: place) else { return true }
            if batch.events.isEmpty {
                try await passed(id, batch.end, kept: standing.place)
                continue
            }
            guard let next = try await deliver(batch, terms, standing) else { return false }
            standing = next
        }
        return false
    }

    /// The terms of a version; where they break a rule the Subscription says so, and waits in error.
    private func terms(_ resource: JSONNode, _ version: Version) async throws -> SubscriptionTerms? {
        let id = version.key.id
        let known = memory.withLock { $0.known[id] }
        if let known, known.version == version.versionID, let terms = known.terms, try mayStill(terms) { return terms }
        var reader = TermsReader(resource, context())
        let terms = reader.terms()
        memory.withLock { $0.known[id] = .init(version: version.versionID, terms: terms) }
        if let terms { return terms }
        let reasons = reader.issues.prefix(5).map { "\($0.expression ?? ""): \($0.diagnostics)" }
        try await set(id, .error, reasons.joined(separator: " "))
        return nil
    }

    /// Whether the program is still in use and may still be sent this type: what is taken from it ends at once.
    private func mayStill(_ terms: SubscriptionTerms) throws -> Bool {
        guard let purpose = Purpose.of(code: terms.purpose) else { return false }
        do throws(RecordsError) {
            if let program = terms.program, !house.isOpen { _ = try house.program(program) }
            return try house.view(terms.program, purpose: purpose).refusalToExport(terms.type) == nil
        } catch {
            if error.category == .unavailable { throw error }
            return false
        }
    }

    /// - Parameter place: where it begins, with what comes after it was asked for; earlier things when the operator says so.
    private func standing(_ id: String, from place: Int64) async throws -> Standing {
        if let found = try store.readSQL({ db in try Standing.read(id, in: db).first }) { return found }
        return try await store.writeSQL { db in try Standing.change(id, from: place, in: db) { _ in } }
    }

    /// Remembers that nothing was found, and keeps it now and then, so that little is looked at again after a restart.
    /// At most this many places are looked at again after a restart.
    private static let keptPlacesMax: Int64 = 50_000

    private func passed(_ id: String, _ place: Int64, kept: Int64) async throws {
        memory.withLock { $0.looked[id] = (kept, place) }
        guard place - kept >= Self.keptPlacesMax else { return }
        _ = try await store.writeSQL { db in
            try Standing.change(id, from: place, in: db) { if $0.place == kept { $0.place = place } }
        }
    }

    // MARK: Sending

    /// Asks the receiver whether it is the one, with a notification of nothing.
    private func greet(_ terms: SubscriptionTerms, _ standing: Standing) async throws -> Bool {
        let bundle = NotificationBundle(
            subscription: terms.id, base: options.base, kind: .handshake, eventsBefore: standing.events, events: [],
            now: options.now(), id: Self.uuid("handshake/\(terms.id)/\(options.now())"))
        switch await door.send(notification(bundle, terms, standing, key: "\(terms.id)/handshake")) {
        case .taken:
            _ = try await store.writeSQL { db in
                try Standing.change(terms.id, from: standing.place, in: db) { standing in
                    (standing.failures, standing.retry, standing.error) = (0, 0, "")
                }
            }
            try await set(terms.id, .active, "")
            return true
        case .later(let reason, let seconds):
            try await failed(terms, reason, seconds)
            return false
        case .unwanted:
            try await set(terms.id, .off, "The receiver wants no notifications (410).")
            return false
        }
    }

    /// Sends a notification and moves the place.
    ///
    /// - Returns: how far it has come; nil when it has to wait.
    private func deliver(
        _ batch: Batch, _ terms: SubscriptionTerms, _ standing: Standing
    ) async throws -> Standing? {
        let key = "\(terms.id)/\(standing.place)-\(batch.end)"
        let bundle = NotificationBundle(
            subscription: terms.id, base: options.base, kind: .event, eventsBefore: standing.events,
            events: batch.events, now: options.now(), id: Self.uuid("\(key) \(batch.mark)"))
        if standing.announced != batch.end || standing.mark != batch.mark {
            try await announce(batch, terms, key)
        }
        switch await door.send(notification(bundle, terms, standing, key: key)) {
        case .taken:
            let now = options.now()
            let next = try await store.writeSQL { db in
                let holdings = Holdings(id: terms.id, db: db)
                for event in batch.events {
                    switch event.content {
                    case .put: try holdings.add(event.place.rid, person: event.person)
                    case .delete: try holdings.remove(event.place.rid)
                    }
                }
                return try Standing.change(terms.id, from: batch.end, in: db) { kept in
                    // The operator may have set it back meanwhile.
                    if kept.place == standing.place { kept.place = batch.end }
                    kept.events += Int64(batch.events.count)
                    kept.delivered = now
                    (kept.failures, kept.retry, kept.error) = (0, 0, "")
                }
            }
            memory.withLock { $0.looked[terms.id] = nil }
            return next
        case .later(let reason, let seconds):
            try await failed(terms, reason, seconds)
            return nil
        case .unwanted:
            try await set(terms.id, .off, "The receiver wants no notifications (410).")
            return nil
        }
    }

    /// Tells the audit log what is about to leave, each patient's by itself, before it does.
    private func announce(_ batch: Batch, _ terms: SubscriptionTerms, _ key: String) async throws {
        var entries: [AuditEntry] = []
        if isNoted {
            var own: [String: [AuditEntity]] = [:]
            for event in batch.events {
                let entity = AuditEntity.resource(
                    event.place.key.description, version: "\(event.place.versionID)")
                for patient in event.patients.isEmpty ? [""] : event.patients {
                    own[patient, default: []].append(entity)
                }
            }
            let agent = AuditAgent(
                account: terms.program ?? "", role: "program", organization: terms.receiver, client: terms.program ?? ""
            )
            let now = options.now()
            entries = own.sorted { $0.key < $1.key }.map { patient, entities in
                AuditEntry(
                    at: now, action: .disclosure, reason: "Subscription/\(terms.id)", agent: agent,
                    network: Self.host(terms.endpoint), purpose: terms.purpose, request: key,
                    patients: patient.isEmpty ? [] : ["Patient/\(patient)"], entities: entities)
            }
        }
        try await store.writeSQL { [entries] db in
            try Standing.change(terms.id, from: batch.end, in: db) { standing in
                standing.announced = batch.end
                standing.mark = batch.mark
            }
            if !entries.isEmpty { try AuditTrail.append(entries, in: db) }
        }
    }

    private func notification(
        _ bundle: NotificationBundle, _ terms: SubscriptionTerms, _ standing: Standing, key: String
    ) -> NotificationRequest {
        let body = bundle.json()
        let signed = signature.field(
            terms.id, number: standing.secret, seconds: options.now() / 1000, body: body)
        let own: [(name: String, value: String)] = [
            ("Content-Type", "application/fhir+json"), ("Idempotency-Key", "\"\(key)\""),
            ("X-Healthbrain-Signature", signed), ("X-Purpose-Of-Use", terms.purpose),
        ]
        return NotificationRequest(
            subscription: terms.id, endpoint: terms.endpoint, fields: terms.headers + own, body: body)
    }

    /// Counts a failure: again after a pause, or, after too many, when the operator says so.
    private func failed(_ terms: SubscriptionTerms, _ reason: String, _ seconds: Double?) async throws {
        let (now, chance) = (options.now(), options.random())
        let (longest, attemptsMax) = (options.pauseSecondsMax, options.attemptsMax)
        let standing = try await store.writeSQL { db in
            try Standing.change(terms.id, from: 0, in: db) { standing in
                standing.failures += 1
                standing.error = String(reason.prefix(500))
                var pause = Double(1 << min(standing.failures - 1, 20))
                pause = min(pause, longest) * (0.5 + chance / 2)
                standing.retry = now + Int64(max(pause, min(seconds ?? 0, 3_600)) * 1000)
            }
        }
        memory.withLock { $0.retry[terms.id] = standing.retry }
        guard standing.failures >= attemptsMax else { return }
        try await set(terms.id, .error, "After \(standing.failures) attempts: \(standing.error)")
    }

    // MARK: Status

    enum Status: String { case requested, active, error, off }

    /// Writes the status of a Subscription, as the house.
    func set(_ id: String, _ status: Status, _ error: String) async throws {
        let records = try house.ownRecords()
        let key = ResourceKey(type: "Subscription", id: id)
        let version = try store.read(key)
        let document = try JSONDocument(parsing: version.json())
        guard document.root["status"]?.equals(status.rawValue) != true else { return }
        var edits = JSONEdits()
        edits.setMember("status", of: document.root, to: JSONWriter.quoted(status.rawValue))
        if error.isEmpty {
            edits.removeMember("error", of: document.root)
        } else {
            edits.setMember("error", of: document.root, to: JSONWriter.quoted(String(error.prefix(1000))))
        }
        let body = try JSONDocument(parsing: edits.applied(to: document))
        do throws(RecordsError) {
            _ = try await records.update(key, body, ifMatch: version.versionID)
        } catch {
            // Somebody has changed it meanwhile: what they say counts, and is looked at next.
            guard error.category == .preconditionFailed else { throw error }
        }
    }

    static func host(_ endpoint: String) -> String {
        let rest = endpoint.split(separator: "/", omittingEmptySubsequences: true)
        guard rest.count > 1 else { return "" }
        return String(rest[1].split(separator: "@").last ?? "")
    }

    static func uuid(_ text: String) -> String {
        var digest = Signature.sha256(Array(text.utf8))
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        let digits = Signature.hex(digest[..<16])
        let cuts = [0, 8, 12, 16, 20, 32]
        return zip(cuts, cuts.dropFirst()).map { String(digits.dropFirst($0).prefix($1 - $0)) }.joined(separator: "-")
    }
}

extension JSONWriter {
    /// A text as JSON.
    static func quoted(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        json.string(text)
        return json.bytes
    }
}
