public import FHIR
import JSON
public import Records
public import SQL

/// Whose records have changed, and where each person stands on each pathway.
///
/// Tables:
/// - `pathway_touched (person, sequence, whole)`: persons whose record has changed since they were looked at; `whole` isn't 0 where the
///   record doesn't tell what: something has gone.
/// - `pathway_own (sequence)`: changes that the engine made itself, Tasks and what no plan reads, which touch nobody.
/// - `pathway_looks (person, at)`: everybody who was looked at, and when to look again; null: when something changes.
/// - `pathway_settled (person, basis, at, seen, own, plans)`: what was found then (``SettledPlans``).
/// - `pathway_states (person, pathway, …)`: who is or was on a pathway.
/// - `pathway_milestones (person, pathway, milestone, at)`: the steps of the funnel that are reached.
/// - `pathway_definitions (pathway, canonical)`: by which definitions all that was worked out.
/// - `pathway_following (programme, area, since)`: since which day programmes are followed.
///
/// Persons stand by their ids, times in milliseconds since 1970. The keeper writes all but the first, in the transaction of the
/// facts that it writes. A rebuild makes the first two anew, so that everybody is looked at again; the others stay as they are until
/// then.
public struct PathwayTables: Projection {
    /// The types of resources that are about persons.
    private let types: Set<String>

    /// - Parameter looked: the types at which pathways look (``Pathway/types(_:)``): changes of others ask for no plan. Nil: every type.
    public init(_ definitions: Definitions, looked: Set<String>? = nil) {
        let all = Set(definitions.compartment("Patient")?.parameters.keys.map { $0 } ?? [])
            .union(["Patient", "Task", "Contract"]).subtracting(["AuditEvent", "Provenance"])
        types = looked.map { all.intersection($0) } ?? all
    }

    /// `pathway`
    public var name: String { "pathway" }
    /// 4
    public var revision: Int { 4 }

    /// What the record of a person is made of.
    public var interest: Set<String>? { types }

    /// Creates the tables.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "pathway_touched",
            columns: ["person TEXT NOT NULL", "sequence INTEGER NOT NULL", "whole INTEGER NOT NULL"],
            primaryKey: ["person"])
        try db.createTable("pathway_own", columns: ["sequence INTEGER NOT NULL"], primaryKey: ["sequence"])
        try db.createTable(
            "pathway_looks", columns: ["person TEXT NOT NULL", "at INTEGER"], primaryKey: ["person"])
        try db.createTable(
            "pathway_settled",
            columns: [
                "person TEXT NOT NULL", "basis TEXT NOT NULL", "at INTEGER NOT NULL", "seen INTEGER NOT NULL",
                "own TEXT NOT NULL", "plans TEXT NOT NULL",
            ], primaryKey: ["person"])
        try db.createTable(
            "pathway_states",
            columns: [
                "person TEXT NOT NULL", "pathway TEXT NOT NULL", "entered INTEGER", "ended INTEGER", "reason TEXT",
                "stage TEXT", "organization TEXT NOT NULL", "district TEXT NOT NULL", "open INTEGER NOT NULL",
                "overdue INTEGER NOT NULL",
            ], primaryKey: ["person", "pathway"])
        try db.createTable(
            "pathway_milestones",
            columns: ["person TEXT NOT NULL", "pathway TEXT NOT NULL", "milestone TEXT NOT NULL", "at INTEGER"],
            primaryKey: ["person", "pathway", "milestone"])
        try db.createTable(
            "pathway_definitions", columns: ["pathway TEXT NOT NULL", "canonical TEXT NOT NULL"],
            primaryKey: ["pathway"])
        try db.createTable(
            "pathway_following", columns: ["programme TEXT NOT NULL", "area TEXT NOT NULL", "since TEXT NOT NULL"],
            primaryKey: ["programme", "area"])
        for (name, on) in [
            ("pathway_touched_by_sequence", "pathway_touched (sequence)"),
            ("pathway_looks_by_time", "pathway_looks (at)"),
            ("pathway_states_by_pathway", "pathway_states (pathway, organization)"),
            ("pathway_milestones_by_pathway", "pathway_milestones (pathway, milestone)"),
        ] { try db.run(script: "CREATE INDEX IF NOT EXISTS \(name) ON \(on)") }
    }

    /// Drops the tables that follow the feed.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["touched", "own", "settled"] {
            try db.run(script: "DROP TABLE IF EXISTS pathway_\(table)")
        }
    }

    /// Takes in changes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        var touched: [String: (sequence: Int64, isWhole: Bool)] = [:]
        func touch(_ persons: Set<String>, _ change: Change, isWhole: Bool) {
            for person in persons {
                touched[person] = (change.sequence, isWhole || touched[person]?.isWhole == true)
            }
        }
        guard let first = changes.first?.sequence, let last = changes.last?.sequence else { return }
        let own = Set(
            try db.query(
                "SELECT sequence FROM pathway_own WHERE sequence BETWEEN ? AND ?", [.integer(first), .integer(last)]
            ) { $0.int(0) })
        if !own.isEmpty {
            try db.execute(
                "DELETE FROM pathway_own WHERE sequence BETWEEN ? AND ?", .integer(first), .integer(last))
        }
        for change in changes where !own.contains(change.sequence) {
            let persons = Self.persons(change.key, change.document)
            touch(persons, change, isWhole: change.key.type == "Patient")
            // What has moved from one person to another, or is gone, concerns the first as well.
            if change.versionID > 1, change.key.type != "Patient" {
                let before = Self.persons(change.key, try change.previous())
                touch(before, change, isWhole: false)
                touch(before.subtracting(persons), change, isWhole: true)
            }
        }
        for (person, touch) in touched {
            try db.execute(
                "INSERT INTO pathway_touched (person, sequence, whole) VALUES (?, ?, ?) "
                    + "ON CONFLICT (person) DO UPDATE SET sequence = excluded.sequence, "
                    + "whole = pathway_touched.whole + excluded.whole",
                .text(person), .integer(touch.sequence), .int(touch.isWhole ? 1 : 0))
        }
    }

    private static let members: [JSONKey] = [
        "subject", "patient", "for", "individual", "beneficiary", "source", "recipient", "performer",
    ]

    /// The persons whom a resource is about.
    static func persons(_ key: ResourceKey, _ document: JSONDocument?) -> Set<String> {
        if key.type == "Patient" { return [key.id] }
        guard let root = document?.root else { return [] }
        var found: Set<String> = []
        func add(_ node: JSONNode?) {
            guard let node else { return }
            if node.isArray {
                for element in node.elements { add(element) }
            } else if let reference = node["reference"]?.string, let key = ResourceKey(reference: reference),
                key.type == "Patient"
            {
                found.insert(key.id)
            }
        }
        for member in members { add(root[member]) }
        for participant in root.list("participant") { add(participant["actor"]) }
        return found
    }
}
