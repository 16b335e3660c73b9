import DailyCounts
import JSON
public import Records
public import SQL
public import Syndromes

/// Persons by day, place, age group, condition and source, moved by differences, with every revision kept.
///
/// A stream counts with its value, in the district of the institution or place that gives it, of no age. A person counts once a day for a condition and source, on the day of onset or visit (Asia/Shanghai), in the district where the
/// person lives now. Each change of a count is kept with the moment at which it became known: the sum of what was known until
/// a moment is the state at that moment.
///
/// Tables:
/// - `event_counts_cells (condition, source, district, age, day, n)`: the state now.
/// - `event_counts_revisions (…, known, n)`: the differences, by the time (milliseconds since 1970) they became known.
/// - `event_counts_facts (person, condition, source, day, rid, n)`: what each resource counts for; a line list is read from it.
///   `person` is the small integer of a Patient, of a stream that of its Organization or Location; of a resource about nobody known
///   its own, below zero.
/// - `event_counts_people (person, district, born)`: where persons live and when they were born, and where institutions are.
///
/// On PostgreSQL the rows of a person carry the ``PersonShard`` too, last in their keys.
public struct EventCountsProjection: Projection {
    private let list: WatchList

    /// - Parameter list: what is watched. With another list the tables are made anew.
    public init(_ list: WatchList) { self.list = list }

    /// `event_counts`
    public var name: String { "event_counts" }
    /// Changes with the list, and with the form of the tables.
    public var revision: Int { list.fingerprint ^ 2 }
    /// Patient, Organization, Location, Encounter, Condition and Observation.
    public var interest: Set<String>? { Self.places.union(["Encounter", "Condition", "Observation"]) }
    /// What gives a count its district.
    static let places: Set<String> = ["Patient", "Organization", "Location"]

    /// Creates the four tables.
    public func createTables(_ db: SQLConnection) throws {
        let shardKey = db.kind == .postgreSQL ? ["shard"] : []
        let shardColumn = shardKey.map { "\($0) INT2 NOT NULL" }
        func columns(_ names: String...) -> [String] { names.map { "\($0) INTEGER NOT NULL" } }
        let cell = ["condition", "source", "district", "age", "day"]
        try db.createTable(
            "event_counts_cells", columns: columns("condition", "source", "district", "age", "day", "n"),
            primaryKey: cell)
        try db.createTable(
            "event_counts_revisions", columns: columns("condition", "source", "district", "age", "day", "known", "n"),
            primaryKey: cell + ["known"])
        let fact = ["person", "condition", "source", "day", "rid"]
        try db.createTable(
            "event_counts_facts", columns: (fact + ["n"]).map { "\($0) INTEGER NOT NULL" } + shardColumn,
            primaryKey: fact + shardKey)
        try db.run(
            script: "CREATE INDEX IF NOT EXISTS event_counts_facts_by_day ON event_counts_facts (condition, day)")
        try db.createTable(
            "event_counts_people",
            columns: ["person INTEGER NOT NULL", "district INTEGER NOT NULL", "born INTEGER"] + shardColumn,
            primaryKey: ["person"] + shardKey)
    }

    /// Drops the four tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["cells", "revisions", "facts", "people"] {
            try db.run(script: "DROP TABLE IF EXISTS event_counts_\(table)")
        }
    }

    /// Takes in changes one by one, so that what was known in between is kept too.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        var writer = EventCountsWriter(db, list)
        for change in changes { try writer.add(change) }
        try writer.finish()
    }
}
