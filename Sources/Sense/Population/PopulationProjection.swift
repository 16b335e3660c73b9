import Calendar
import DailyCounts
import JSON
public import Records
public import SQL

/// The population by district, sex and month of birth, as it changes by month, with the day on which each change became known.
///
/// Everything is kept as a difference: the sum until a month is the population at its end, the sum of what was known until a day is what
/// was known then. A person's birth, homes and death are read from the Patient; what a registry reports from MeasureReports.
///
/// Tables:
/// - `population_cells (change, district, other, sex, born, month, known, n)`: born and month count months since the year 0 (born -1:
///   unknown), known days since 1970.
/// - `population_register (place, kind, month, known, n)`: what the Organization `place` reports.
/// - `population_places (place, district)`: where Organizations are.
public struct PopulationProjection: Projection {
    /// A projection with its tables still to be created.
    public init() {}

    /// `population`
    public var name: String { "population" }
    /// Raised whenever what is counted changes.
    public var revision: Int { 1 }
    /// Patient, Organization and MeasureReport.
    public var interest: Set<String>? { ["Patient", "Organization", "MeasureReport"] }

    /// Creates the three tables.
    public func createTables(_ db: SQLConnection) throws {
        func columns(_ names: [String]) -> [String] { names.map { "\($0) INTEGER NOT NULL" } }
        let cell = ["change", "district", "other", "sex", "born", "month", "known"]
        try db.createTable("population_cells", columns: columns(cell + ["n"]), primaryKey: cell)
        let report = ["place", "kind", "month", "known"]
        try db.createTable("population_register", columns: columns(report + ["n"]), primaryKey: report)
        try db.createTable("population_places", columns: columns(["place", "district"]), primaryKey: ["place"])
    }

    /// Drops the three tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["cells", "register", "places"] { try db.run(script: "DROP TABLE IF EXISTS population_\(table)") }
    }

    /// Takes away what the version before told, and adds what the new one tells.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        var batch = PopulationBatch()
        for change in changes {
            let before = change.verb == .create ? nil : try change.previous()
            let known = CivilDay(milliseconds: change.lastUpdated).number
            switch change.key.type {
            case "Patient":
                let (old, new) = (
                    before.map(PopulationFact.facts) ?? [], change.document.map(PopulationFact.facts) ?? []
                )
                guard old != new else { continue }
                for fact in old { batch.cells[.init(fact: fact, known: known), default: 0] -= 1 }
                for fact in new { batch.cells[.init(fact: fact, known: known), default: 0] += 1 }
            case "MeasureReport":
                for (document, sign) in [(before, -1), (change.document, 1)] {
                    guard let document else { continue }
                    let (reporter, facts) = RegisterFact.facts(of: document.root)
                    let place = try reporter.flatMap { try change.rid(of: $0) } ?? 0
                    for fact in facts {
                        batch.register[
                            .init(place: place, kind: fact.kind.rawValue, month: fact.month.number, known: known),
                            default: 0] += sign * fact.count
                    }
                }
            default:
                let district = change.document.map { Recorded.district(of: $0) } ?? 0
                try db.execute(
                    "INSERT INTO population_places (place, district) VALUES (?, ?) "
                        + "ON CONFLICT (place) DO UPDATE SET district = excluded.district",
                    [.integer(change.rid), .integer(district)])
            }
        }
        try batch.write(db)
    }
}

/// The differences of one batch of changes, summed before they touch a table.
private struct PopulationBatch {
    struct Cell: Hashable {
        let fact: PopulationFact
        let known: Int
    }
    struct Report: Hashable {
        let place: Int64
        let kind: Int
        let month: Int
        let known: Int
    }

    var cells: [Cell: Int] = [:]
    var register: [Report: Int] = [:]

    func write(_ db: SQLConnection) throws {
        for (cell, n) in cells {
            let fact = cell.fact
            try add(
                n, "population_cells", "change, district, other, sex, born, month, known",
                [
                    fact.change.rawValue, fact.district, fact.other, fact.sex, fact.born?.number ?? -1,
                    fact.month.number, cell.known,
                ].map { .int($0) }, db)
        }
        for (report, n) in register {
            try add(
                n, "population_register", "place, kind, month, known",
                [.integer(report.place), .int(report.kind), .int(report.month), .int(report.known)], db)
        }
    }

    /// A difference that comes to nothing leaves no row.
    private func add(_ n: Int, _ table: String, _ columns: String, _ key: [SQLValue], _ db: SQLConnection) throws {
        guard n != 0 else { return }
        let marks = key.map { _ in "?" }.joined(separator: ", ")
        try db.execute(
            "INSERT INTO \(table) (\(columns), n) VALUES (\(marks), ?) ON CONFLICT (\(columns)) "
                + "DO UPDATE SET n = \(table).n + excluded.n", key + [.int(n)])
        let test = columns.split(separator: ", ").map { "\($0) = ?" }.joined(separator: " AND ")
        try db.execute("DELETE FROM \(table) WHERE \(test) AND n = 0", key)
    }
}
