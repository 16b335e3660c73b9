public import Access
import AuditLog
import SQL

/// Who looks at a store, and what they reach of it: the one who asks, how they stand to patients, and the rules.
///
/// ``RecordStore/sight(of:now:)`` makes one for a request; ``RecordStore/seen(by:trace:)`` looks with it. Care relations and
/// the consents of patients in care are not in it: the store has them as tables, and looks them up row by row.
public struct Sight: Sendable {
    /// Who asks, in which role and why.
    public let subject: Subject
    /// How they stand to patients, care relations left out.
    public let relations: Relations
    /// The rules.
    public let policy: AccessPolicy
    /// The instant for which it holds, in milliseconds since 1970 UTC.
    public let now: Int64
}

extension RecordStore {
    /// What somebody reaches of the store now: looks up guardianships, mandates, emergency access and approvals.
    ///
    /// - Parameters:
    ///   - subject: who asks.
    ///   - policy: the rules.
    ///   - now: milliseconds since 1970 UTC.
    /// - Throws: ``RecordsError`` of category `unavailable` while the store is not yet labelled, with how far it is.
    public func sight(
        of subject: Subject, policy: AccessPolicy = AccessPolicy(), now: Int64
    ) throws(RecordsError) -> Sight {
        try reading { database in
            try requireLabels(database)
            let relations = try database.readOnce { db in
                try RelationLookup(db: db, parts: parts).relations(of: subject, now: now)
            }
            return Sight(subject: subject, relations: relations, policy: policy, now: now)
        }
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
