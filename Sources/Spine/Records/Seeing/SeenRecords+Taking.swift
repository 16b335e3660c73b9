public import Access
import FHIR
public import JSON
import SQL

/// One resource as an export takes it along.
public struct TakenResource: Sendable {
    /// Which.
    public let key: ResourceKey
    /// `meta.lastUpdated`, in milliseconds since 1970 UTC.
    public let lastUpdated: Int64
    /// The resource as it may leave; with ``Masking/deidentified`` as it is stored, of which nothing but a copy for research
    /// may leave.
    public let document: JSONDocument
    /// How much of it is to be hidden by whoever takes it: nothing, or all that leads to a person.
    public let masking: Masking
    /// The ids of the patients that it is about, as far as they are known; nil where nobody asks who may see what.
    public let persons: Set<String>?
}

/// Some resources of a type, in the order of their numbers.
public struct TakenPage: Sendable {
    /// The resources.
    public let resources: [TakenResource]
    /// The number after which the next page begins; nil at the end.
    public let next: Int64?
}

/// A moment of a store: everything up to it is committed, and everything after it is changed at this time or later.
public struct StoreMoment: Sendable, Hashable {
    /// The newest place of the feed.
    public let sequence: Int64
    /// Milliseconds since 1970 UTC.
    public let milliseconds: Int64
}

extension RecordStore {
    /// Now, as the writer sees it.
    public func moment() async throws(RecordsError) -> StoreMoment {
        let now = options.now
        return try await writeSQL { db in
            StoreMoment(
                sequence: try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0, milliseconds: now())
        }
    }
}

extension SeenRecords {
    /// Why nothing of a type may be exported; nil when something may.
    ///
    /// - Parameter type: the resource type; nil for the whole server.
    public func refusalToExport(_ type: String?) -> Refusal? {
        guard let sight else { return nil }
        let target = type.map { Target.type($0) } ?? .server
        return sight.policy.decide(sight.subject, .export, on: target, relations: sight.relations, at: sight.now)
            .refusal
    }

    /// The approvals of copies for research by which may be exported now.
    public var approvals: [ExportApproval] {
        sight.map { sight in sight.relations.approvals.filter { $0.until >= sight.now } } ?? []
    }

    /// The same by one approval alone.
    /// - Throws: ``RecordsError`` of category `forbidden` when it does not hold.
    public func under(approval id: String) throws(RecordsError) -> SeenRecords {
        guard let sight, let approval = approvals.first(where: { $0.id == id }) else {
            throw RecordsError(Refusal.exportNotApproved)
        }
        var relations = sight.relations
        relations.approvals = [approval]
        let narrowed = Sight(Standing(sight.subject, relations, sight.policy), now: sight.now, memory: nil)
        return SeenRecords(store: store, sight: narrowed, trace: trace)
    }

    /// Some of the resources of a type for an export, as they were at a moment; those deleted since are gone.
    ///
    /// Nothing is noted: whoever exports tells the audit log what leaves, and when.
    ///
    /// - Parameters:
    ///   - type: the resource type.
    ///   - rid: the number after which it begins; 0 for the first.
    ///   - limit: how many are looked at; fewer may be taken.
    ///   - moment: when.
    public func take(
        type: String, after rid: Int64, limit: Int, asOf moment: StoreMoment
    ) throws(RecordsError) -> TakenPage {
        if let sight { try require(.export, of: type, sight) }
        return try store.reading { database in
            try database.read { db in
                let judge = try sight.map { try self.judge($0, .export, db) }
                let rows = try (judge.map { parts.with($0.plan) } ?? parts).scan(
                    db, type: type, after: rid, limit: limit)
                let judged = try judge?.judge(rows.map(\.version.key)) ?? [:]
                let found = try rows.compactMap { row -> TakenResource? in
                    guard let version = try asOf(moment, row.version, row.rid, db) else { return nil }
                    guard let judge, let sight else { return try taken(version, .none, nil) }
                    guard let judgement = try judge.judge(version, newest: judged[version.key]) else { return nil }
                    guard judgement.masking != .deidentified else {
                        return try taken(version, .deidentified, judgement.persons)
                    }
                    return try taken(shown(version, judgement, sight, db), .none, judgement.persons)
                }
                return TakenPage(resources: found, next: rows.count < limit ? nil : rows.last?.rid)
            }
        }
    }

    private func taken(_ version: Version, _ masking: Masking, _ persons: Set<String>?) throws -> TakenResource {
        TakenResource(
            key: version.key, lastUpdated: version.lastUpdated, document: try parts.document(version.json()),
            masking: masking, persons: persons)
    }

    private func asOf(
        _ moment: StoreMoment, _ newest: Version, _ rid: Int64, _ db: SQLConnection
    ) throws -> Version? {
        guard newest.sequence > moment.sequence else { return newest }
        let version = try db.first(
            """
            SELECT \(StoreParts.versionColumns) FROM version v JOIN resource r ON r.rid = v.rid
            WHERE v.rid = ? AND v.sequence <= ? ORDER BY v.sequence DESC LIMIT 1
            """, [.integer(rid), .integer(moment.sequence)]
        ) { try parts.version($0) }
        return version?.verb == .delete ? nil : version
    }
}
