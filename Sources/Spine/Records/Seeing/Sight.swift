public import Access
import AuditLog
import SQL

/// Who looks at a store, and what they reach of it: the one who asks, how they stand to patients, and the rules.
///
/// ``RecordStore/sight(of:now:)`` makes one for a request; ``RecordStore/seen(by:trace:)`` looks with it. Care relations and
/// the consents of patients in care are not in it: the store has them as tables, and looks them up row by row.
public struct Sight: Sendable {
    private let standing: Standing
    /// The instant for which it holds, in milliseconds since 1970 UTC.
    public let now: Int64
    /// What was worked out for earlier requests of the same one; nil where nothing may be kept.
    var memory: SightMemory?

    /// Who asks, in which role and why.
    public var subject: Subject { standing.subject }
    /// How they stand to patients, care relations left out.
    public var relations: Relations { standing.relations }
    /// The rules.
    public var policy: AccessPolicy { standing.policy }

    init(_ standing: Standing, now: Int64, memory: SightMemory?) {
        self.standing = standing
        self.now = now
        self.memory = memory
    }
}

/// What of a sight does not change with the time. It goes from hand to hand many times in a request: one reference.
final class Standing: Sendable {
    let subject: Subject
    let relations: Relations
    let policy: AccessPolicy

    init(_ subject: Subject, _ relations: Relations, _ policy: AccessPolicy) {
        self.subject = subject
        self.relations = relations
        self.policy = policy
    }
}

extension RecordStore {
    /// What somebody reaches of the store now: looks up guardianships, mandates, emergency access and approvals.
    ///
    /// What it has found counts until something is written, and for a second at most: what ends by the clock, or by another
    /// server on the same database, ends within that. Emergency access and approvals are looked up each time.
    ///
    /// - Parameters:
    ///   - subject: who asks.
    ///   - policy: the rules.
    ///   - now: milliseconds since 1970 UTC.
    /// - Throws: ``RecordsError`` of category `unavailable` while the store is not yet labelled, with how far it is.
    public func sight(
        of subject: Subject, policy: AccessPolicy = AccessPolicy(), now: Int64
    ) throws(RecordsError) -> Sight {
        let key = SightMemories.Key(subject, head: feed.head)
        if let key, let known = sights.find(key, subject, policy, at: now) {
            return Sight(known.standing, now: now, memory: known)
        }
        return try reading { database in
            try requireLabels(database)
            let relations = try database.readOnce { db in
                try RelationLookup(db: db, parts: parts).relations(of: subject, now: now)
            }
            let standing = Standing(subject, relations, policy)
            let memory = key.map { SightMemory(standing, at: now, head: $0.head) }
            if let key, let memory { sights.keep(memory, key) }
            return Sight(standing, now: now, memory: memory)
        }
    }

    /// The same as an earlier sight, for another instant; nil where what it has found does not count any more.
    ///
    /// - Parameter earlier: of this store.
    public func sight(like earlier: Sight, now: Int64) -> Sight? {
        guard let memory = earlier.memory, memory.head == feed.head, memory.isFresh(at: now) else { return nil }
        return Sight(memory.standing, now: now, memory: memory)
    }

    private func requireLabels(_ database: any SQLDatabase) throws {
        switch parts.access.state {
        case .ready: return
        case .absent:
            throw RecordsError(.internal, "The store was not opened to be seen by rules.")
        case .filling(let place, let goal):
            throw RecordsError(
                .unavailable,
                "The rules of access are being prepared for what is stored: \(place * 100 / max(1, goal)) % is done. "
                    + "Try again in a moment.")
        }
    }

    /// Opens the record of a patient to somebody for a short time, in an emergency. The event is in the audit log when this
    /// returns.
    ///
    /// - Parameters:
    ///   - access: the patient, the reason, and from when.
    ///   - account: the account that asked.
    ///   - trace: who asked, for the audit log.
    public func openBreakGlass(
        _ access: BreakGlass, account: String, trace: AccessTrace
    ) async throws(RecordsError) {
        let entry = trace.entry(
            .breakGlass, at: access.from, reason: access.reason, patients: [access.patient], entities: [])
        _ = try await writeSQL { db in
            try db.execute(
                """
                INSERT INTO access_break_glass (account, since, patient, reason) VALUES (?, ?, ?, ?)
                ON CONFLICT (account, since, patient) DO UPDATE SET reason = excluded.reason
                """, .text(account), .integer(access.from), .text(access.patient), .text(access.reason))
            try AuditTrail.append([entry], in: db)
        }
    }
}
