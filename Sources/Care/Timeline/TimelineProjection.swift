public import Records
public import SQL

/// The resident's timeline: a row for each visit, diagnosis, medicine, vaccine, observation, report, procedure and
/// allergy, in order of resident and time.
///
/// Table `timeline_entries (resident, seconds, resource, kind)`, clustered by its first three columns: about 20 bytes
/// a row. `resident` and `resource` are the small integers of the Patient and of the resource itself, `seconds` is
/// the beginning since 1970 UTC. On PostgreSQL a row carries the resident's ``PersonShard`` too, last in its key.
public struct TimelineProjection: Projection {
    /// A projection with its table still to be created.
    public init() {}

    /// `timeline`
    public var name: String { "timeline" }
    /// Raised whenever a row would be computed differently.
    public var revision: Int { 1 }
    /// The types that ``TimelineKind`` knows.
    public var interest: Set<String>? { TimelineKind.resourceTypes }

    /// Creates the table.
    public func createTables(_ db: SQLConnection) throws {
        switch db.kind {
        case .sqlite:
            try db.createTable(
                "timeline_entries",
                columns: [
                    "resident INTEGER NOT NULL", "seconds INTEGER NOT NULL", "resource INTEGER NOT NULL",
                    "kind INTEGER NOT NULL",
                ],
                primaryKey: ["resident", "seconds", "resource"])
        case .postgreSQL:
            try db.createTable(
                "timeline_entries",
                columns: [
                    "seconds INT8 NOT NULL", "resident INT4 NOT NULL", "resource INT4 NOT NULL", "kind INT2 NOT NULL",
                    "shard INT2 NOT NULL",
                ],
                primaryKey: ["resident", "seconds", "resource", "shard"])
        }
    }

    /// Drops the table.
    public func dropTables(_ db: SQLConnection) throws {
        try db.run(script: "DROP TABLE IF EXISTS timeline_entries")
    }

    /// Writes, moves and removes rows. A row is a pure function of its document, so the version before tells which
    /// row to remove.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        let isSharded = db.kind == .postgreSQL
        let insert = try db.statement(
            isSharded
                ? "INSERT INTO timeline_entries (resident, seconds, resource, kind, shard) VALUES (?, ?, ?, ?, ?) "
                    + "ON CONFLICT (resident, seconds, resource, shard) DO UPDATE SET kind = excluded.kind"
                : "INSERT INTO timeline_entries (resident, seconds, resource, kind) VALUES (?, ?, ?, ?) "
                    + "ON CONFLICT (resident, seconds, resource) DO UPDATE SET kind = excluded.kind")
        let remove = try db.statement(
            "DELETE FROM timeline_entries WHERE resident = ? AND seconds = ? AND resource = ?")
        for change in changes {
            guard let kind = TimelineKind(resourceType: change.key.type) else { continue }
            let new = change.document.flatMap { TimelineMoment($0, kind: kind) }
            if change.verb != .create, let before = try change.previous() {
                let old = TimelineMoment(before, kind: kind)
                if old == new { continue }
                if let old, let resident = try change.rid(of: old.resident) {
                    try remove.run(resident, old.seconds, change.rid)
                }
            }
            if let new, let resident = try change.rid(of: new.resident) {
                try insert.bind(1, resident)
                try insert.bind(2, new.seconds)
                try insert.bind(3, change.rid)
                try insert.bind(4, kind.rawValue)
                if isSharded { try insert.bind(5, PersonShard.of(reference: new.resident)) }
                try insert.finish()
            }
        }
    }
}
