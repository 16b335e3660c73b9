public import Records
public import SQL

/// Counters by day (Asia/Shanghai), district (GB/T 2260) and kind, moved by differences.
///
/// Visits belong to the district of the institution (`Encounter.serviceProvider`), diagnoses, births, deaths and
/// residents to the district where the resident lives. An institution or a resident may arrive, move or vanish
/// after what is counted under it: the counts by place are kept beside the counts by district, and a place that
/// changes its district takes its counts along.
///
/// Tables:
/// - `daily_counts_cells (kind, day, district, code, n)`: what pages read. `code` is 0 but for diagnoses.
/// - `daily_counts_sources (place, kind, day, code, n)`: the same visits and diagnoses by place, where `place` is
///   the small integer of an Organization or a Patient, 0 when none is named.
/// - `daily_counts_places (place, district)`: the districts that are known.
/// - `daily_counts_codes (id, system, code, display)`: diagnosis codes as small integers.
///
/// On PostgreSQL the rows of a place carry its ``PersonShard`` too, last in their keys: a Patient's own, 0 otherwise.
public struct DailyCountsProjection: Projection {
    /// A projection with its tables still to be created.
    public init() {}

    /// `daily_counts`
    public var name: String { "daily_counts" }
    /// Raised whenever what is counted changes.
    public var revision: Int { 1 }
    /// Patient, Organization, Encounter and Condition.
    public var interest: Set<String>? { ["Patient", "Organization", "Encounter", "Condition"] }

    /// Creates the four tables.
    public func createTables(_ db: SQLConnection) throws {
        let shardKey = db.kind == .postgreSQL ? ["shard"] : []
        let shardColumn = shardKey.map { "\($0) INT2 NOT NULL" }
        try db.createTable(
            "daily_counts_cells",
            columns: [
                "kind INTEGER NOT NULL", "day INTEGER NOT NULL", "district INTEGER NOT NULL", "code INTEGER NOT NULL",
                "n INTEGER NOT NULL",
            ],
            primaryKey: ["kind", "day", "district", "code"])
        try db.createTable(
            "daily_counts_sources",
            columns: [
                "place INTEGER NOT NULL", "kind INTEGER NOT NULL", "day INTEGER NOT NULL", "code INTEGER NOT NULL",
                "n INTEGER NOT NULL",
            ] + shardColumn,
            primaryKey: ["place", "kind", "day", "code"] + shardKey)
        try db.createTable(
            "daily_counts_places", columns: ["place INTEGER NOT NULL", "district INTEGER NOT NULL"] + shardColumn,
            primaryKey: ["place"] + shardKey)
        try db.createTable(
            "daily_counts_codes",
            columns: ["id INTEGER NOT NULL", "system TEXT NOT NULL", "code TEXT NOT NULL", "display TEXT NOT NULL"],
            primaryKey: ["id"])
        try db.run(
            script: "CREATE UNIQUE INDEX IF NOT EXISTS daily_counts_codes_by_code ON daily_counts_codes (system, code)")
    }

    /// Drops the four tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["cells", "sources", "places", "codes"] {
            try db.run(script: "DROP TABLE IF EXISTS daily_counts_\(table)")
        }
    }

    /// Moves the counters by the difference that each change makes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        var batch = DailyCountsBatch(db)
        for change in changes { try batch.add(change) }
        try batch.write()
    }
}
