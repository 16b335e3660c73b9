import Calendar
import DailyCounts
import FHIR
import JSON
public import Records
public import SQL
public import Syndromes

/// What the records tell of cases that are to be reported, and which report cards stand on it: by these tables the desk finds
/// what has no card yet.
///
/// Tables:
/// - `report_cases (reference, disease, person, class, diagnosed, onset, kind, icd10, hours)`: each Condition or Observation that tells a case.
/// - `report_deaths (person, died)`: Patients who have died.
/// - `report_grounds (reference, disease, class, card)`: what each card stands on.
/// - `report_cards (card, person, disease, stage, due, late, asked, diagnosed, onset, died, subtype, unit, district, owner, kind, hours)`:
///   cards.
///
/// Persons and cards stand by their ids, times in milliseconds since 1970, days in days since then.
public struct ReportCasesProjection: Projection {
    private let list: WatchList
    private let form: ReportForm

    /// With another list the tables are made anew.
    public init(_ list: WatchList, _ form: ReportForm) {
        self.list = list
        self.form = form
    }

    /// `report_cases`
    public var name: String { "report_cases" }
    /// Changes with the list.
    public var revision: Int { list.fingerprint ^ 1 }
    /// Patient, Condition, Observation and Task.
    public var interest: Set<String>? { ["Patient", "Condition", "Observation", "Task"] }

    /// Creates the tables.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "report_cases",
            columns: [
                "reference TEXT NOT NULL", "disease INTEGER NOT NULL", "person TEXT NOT NULL", "class INTEGER NOT NULL",
                "diagnosed INTEGER NOT NULL", "onset INTEGER", "kind TEXT NOT NULL", "icd10 TEXT NOT NULL",
                "hours INTEGER NOT NULL",
            ], primaryKey: ["reference", "disease"])
        try db.createTable(
            "report_deaths", columns: ["person TEXT NOT NULL", "died INTEGER NOT NULL"], primaryKey: ["person"])
        try db.createTable(
            "report_grounds",
            columns: [
                "reference TEXT NOT NULL", "disease INTEGER NOT NULL", "card TEXT NOT NULL", "class INTEGER NOT NULL",
            ], primaryKey: ["reference", "disease", "card"])
        try db.createTable(
            "report_cards",
            columns: [
                "card TEXT NOT NULL", "person TEXT NOT NULL", "disease INTEGER NOT NULL", "stage INTEGER NOT NULL",
                "due INTEGER", "late INTEGER NOT NULL", "asked INTEGER NOT NULL", "diagnosed INTEGER NOT NULL",
                "onset INTEGER", "died INTEGER", "subtype TEXT NOT NULL", "unit TEXT NOT NULL",
                "district INTEGER NOT NULL", "owner TEXT NOT NULL", "kind TEXT NOT NULL", "hours INTEGER NOT NULL",
            ], primaryKey: ["card"])
        for (name, on) in [
            ("report_cases_by_person", "report_cases (person, disease)"),
            ("report_cases_by_time", "report_cases (diagnosed)"), ("report_grounds_by_card", "report_grounds (card)"),
            ("report_cards_by_person", "report_cards (person, disease)"),
            ("report_cards_by_stage", "report_cards (stage, due)"), ("report_cards_by_onset", "report_cards (onset)"),
            ("report_cards_by_time", "report_cards (diagnosed)"),
        ] { try db.run(script: "CREATE INDEX IF NOT EXISTS \(name) ON \(on)") }
    }

    /// Drops the tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["cases", "deaths", "grounds", "cards"] {
            try db.run(script: "DROP TABLE IF EXISTS report_\(table)")
        }
    }

    /// Takes in changes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        for change in changes {
            switch change.key.type {
            case "Patient": try death(change, db)
            case "Task": try card(change, db)
            default: try cases(change, db)
            }
        }
    }

    private func cases(_ change: Change, _ db: SQLConnection) throws {
        let reference = change.key.description
        let found =
            change.document.map {
                CaseEvidence.found(in: $0.root, known: change.lastUpdated, list, form)
            } ?? []
        var before: [Int64: Int64] = [:]
        if change.versionID > 1 {
            before = Dictionary(
                try db.query("SELECT disease, diagnosed FROM report_cases WHERE reference = ?", [.text(reference)]) {
                    ($0.int(0), $0.int(1))
                }
            ) { one, _ in one }
            try db.execute("DELETE FROM report_cases WHERE reference = ?", .text(reference))
        }
        for told in found {
            // What was diagnosed before stays so, however often the record is written again; what a later version says first
            // was diagnosed then, whatever date the record bears.
            let known = change.versionID > 1 ? change.lastUpdated : told.diagnosedAt
            let diagnosed = before[Int64(told.disease.number)] ?? max(told.diagnosedAt, known)
            try insert(told, reference, diagnosed, db)
        }
    }

    private func insert(_ told: CaseEvidence, _ reference: String, _ diagnosed: Int64, _ db: SQLConnection) throws {
        guard let person = told.person.flatMap({ ResourceKey(reference: $0) }), person.type == "Patient" else { return }
        let code = told.icd10 ?? ""
        let subtype = form.subtype(of: told.disease, icd10: code)?.code
        try db.execute(
            "INSERT INTO report_cases (reference, disease, person, class, diagnosed, onset, kind, icd10, hours) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .text(reference), .int(told.disease.number), .text(person.id), .int(told.classification.rawValue),
                .integer(diagnosed), told.onset.map { .int($0.number) } ?? .null,
                .text(form.kind(of: told.disease, icd10: code)), .text(code),
                .int(form.hours(told.disease, subtype: subtype)),
            ])
    }

    private func death(_ change: Change, _ db: SQLConnection) throws {
        let died = change.document.flatMap { Recorded.day(of: $0.root["deceasedDateTime"]) }
        if change.versionID > 1 {
            try db.execute("DELETE FROM report_deaths WHERE person = ?", .text(change.key.id))
        }
        guard let died else { return }
        try db.execute(
            "INSERT INTO report_deaths (person, died) VALUES (?, ?)", .text(change.key.id), .int(died))
    }

    private func card(_ change: Change, _ db: SQLConnection) throws {
        let id = SQLValue.text(change.key.id)
        if change.versionID > 1 {
            try db.execute("DELETE FROM report_grounds WHERE card = ?", id)
            try db.execute("DELETE FROM report_cards WHERE card = ?", id)
        }
        guard let root = change.document?.root, let card = ReportCard(root, list),
            let person = ResourceKey(reference: card.patient)
        else { return }
        // What the house has put away itself, its evidence speaks for anew.
        let covers = card.stage != .dismissed || !card.asked.contains(.byHouse)
        for ground in covers ? Set(card.grounds.map(\.reference)) : [] {
            let surest = card.grounds.filter { $0.reference == ground }.map(\.classification).max() ?? .suspected
            try db.execute(
                "INSERT INTO report_grounds (reference, disease, card, class) VALUES (?, ?, ?, ?)",
                .text(ground), .int(card.disease.number), id, .int(surest.rawValue))
        }
        func day(_ field: String) -> SQLValue {
            card.values[field].flatMap { CivilDay($0) }.map { .int($0.number) } ?? .null
        }
        try db.execute(
            "INSERT INTO report_cards (card, person, disease, stage, due, late, asked, diagnosed, onset, died, subtype, "
                + "unit, district, owner, kind, hours) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                id, .text(person.id), .int(card.disease.number), .int(card.stage.rawValue),
                card.due.map { .integer($0) } ?? .null, .int(card.isLate ? 1 : 0), .int(card.asked.rawValue),
                .integer(card.diagnosedAt), day("onset"), day("died"), .text(card.values["subtype"] ?? ""),
                .text(UnitClusters.key(card.values["unit"] ?? "")), .int(card.district), .text(card.owner ?? ""),
                .text(form.kind(of: card.disease, icd10: card.icd10)),
                .integer((card.deadline - card.diagnosedAt) / 3_600_000),
            ])
    }
}
