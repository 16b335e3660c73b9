import DailyCounts
import JSON
public import Records
public import SQL

/// Results of hazards with the sites they are of.
///
/// Tables:
/// - `hazard_results (reference, item, kind, place, site, part, district, who, day, value, isover)`: each result; `who` is the
///   person, else the result itself, so that persons and measurements are counted alike.
/// - `hazard_places (place, name, district)`: what Locations and Organizations are called and where they are.
public struct HazardResultsProjection: Projection {
    private let list: HazardList

    /// - Parameter list: what is measured. With another list the tables are made anew.
    public init(_ list: HazardList) { self.list = list }

    /// `hazard_results`
    public var name: String { "hazard_results" }
    /// Changes with the list.
    public var revision: Int { list.fingerprint ^ 1 }
    /// Organization, Location, Observation and QuestionnaireResponse.
    public var interest: Set<String>? { ["Organization", "Location", "Observation", "QuestionnaireResponse"] }

    /// Creates the tables.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "hazard_results",
            columns: [
                "reference TEXT NOT NULL", "item TEXT NOT NULL", "kind INTEGER NOT NULL", "place TEXT NOT NULL",
                "site TEXT NOT NULL", "part TEXT NOT NULL", "district INTEGER NOT NULL", "who TEXT NOT NULL",
                "day INTEGER NOT NULL", "value REAL", "isover INTEGER NOT NULL",
            ], primaryKey: ["reference", "item"])
        try db.createTable(
            "hazard_places",
            columns: ["place TEXT NOT NULL", "name TEXT NOT NULL", "district INTEGER NOT NULL"], primaryKey: ["place"])
        for (name, on) in [
            ("hazard_results_by_day", "hazard_results (kind, day)"),
            ("hazard_results_by_site", "hazard_results (kind, site, district)"),
            ("hazard_results_by_place", "hazard_results (place)"), ("hazard_places_by_name", "hazard_places (name)"),
        ] { try db.run(script: "CREATE INDEX IF NOT EXISTS \(name) ON \(on)") }
    }

    /// Drops the tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["results", "places"] { try db.run(script: "DROP TABLE IF EXISTS hazard_\(table)") }
    }

    /// Takes in changes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        for change in changes {
            switch change.key.type {
            case "Organization", "Location": try place(change, db)
            default: try results(change, db)
            }
        }
    }

    private func place(_ change: Change, _ db: SQLConnection) throws {
        let place = SQLValue.text(change.key.description)
        if change.versionID > 1 { try db.execute("DELETE FROM hazard_places WHERE place = ?", place) }
        guard let root = change.document?.root else { return }
        let name = SQLValue.text(root["name"]?.string ?? "")
        let district = SQLValue.integer(Recorded.district(ofResource: root))
        try db.execute("INSERT INTO hazard_places (place, name, district) VALUES (?, ?, ?)", place, name, district)
        try db.execute("UPDATE hazard_results SET site = ?, district = ? WHERE place = ?", name, district, place)
    }

    private func results(_ change: Change, _ db: SQLConnection) throws {
        let reference = change.key.description
        if change.versionID > 1 {
            try db.execute("DELETE FROM hazard_results WHERE reference = ?", .text(reference))
        }
        guard let root = change.document?.root, let told = HazardFacts.read(root, type: change.key.type, list) else {
            return
        }
        var (place, site, district) = (told.place ?? "", told.site, Int64(0))
        // A site that is only named is the one of that name, where there is one.
        let known =
            place.isEmpty
            ? try db.first(
                "SELECT place, name, district FROM hazard_places WHERE name = ? ORDER BY place LIMIT 1", [.text(site)]
            ) { ($0.text(0), $0.text(1), $0.int(2)) }
            : try db.first("SELECT place, name, district FROM hazard_places WHERE place = ?", [.text(place)]) {
                ($0.text(0), $0.text(1), $0.int(2))
            }
        if let known { (place, site, district) = known }
        for fact in told.facts {
            try db.execute(
                "INSERT INTO hazard_results (reference, item, kind, place, site, part, district, who, day, value, isover) "
                    + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    .text(reference), .text(fact.item), .int(fact.kind), .text(place),
                    .text(site.isEmpty ? place : site), .text(told.part), .integer(district),
                    .text(told.person ?? "\(reference)#\(fact.item)"), .int(told.day),
                    fact.value.map { .real($0) } ?? .null, .int(fact.isOver ? 1 : 0),
                ])
        }
    }
}
