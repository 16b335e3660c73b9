public import FHIR
import JSON
public import Records
public import SQL

/// Whose records have changed, and where each person stands on each pathway.
///
/// Tables:
/// - `pathway_touched (person, sequence)`: persons whose record has changed since they were looked at.
/// - `pathway_own (sequence)`: changes of Tasks that the engine made itself, which touch nobody.
/// - `pathway_looks (person, at)`: everybody who was looked at, and when to look again; null: when something changes.
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
    /// 2
    public var revision: Int { 2 }

    /// What the record of a person is made of.
    public var interest: Set<String>? { types }

    /// Creates the tables.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "pathway_touched", columns: ["person TEXT NOT NULL", "sequence INTEGER NOT NULL"], primaryKey: ["person"])
        try db.createTable("pathway_own", columns: ["sequence INTEGER NOT NULL"], primaryKey: ["sequence"])
        try db.createTable(
            "pathway_looks", columns: ["person TEXT NOT NULL", "at INTEGER"], primaryKey: ["person"])
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
        for table in ["touched", "own"] {
            try db.run(script: "DROP TABLE IF EXISTS pathway_\(table)")
        }
    }

    /// Takes in changes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        var touched: [String: Int64] = [:]
        for change in changes {
            if change.key.type == "Task" {
                let own = try db.first(
                    "SELECT 1 FROM pathway_own WHERE sequence = ?", [.integer(change.sequence)]
                ) { _ in true }
                if own == true {
                    try db.execute("DELETE FROM pathway_own WHERE sequence = ?", .integer(change.sequence))
                    continue
                }
            }
            for person in Self.persons(change.key, change.document) { touched[person] = change.sequence }
            // What has moved from one person to another, or is gone, concerns the first as well.
            if change.versionID > 1, change.key.type != "Patient" {
                for person in Self.persons(change.key, try change.previous()) { touched[person] = change.sequence }
            }
        }
        for (person, sequence) in touched {
            try db.execute(
                "INSERT INTO pathway_touched (person, sequence) VALUES (?, ?) "
                    + "ON CONFLICT (person) DO UPDATE SET sequence = excluded.sequence",
                .text(person), .integer(sequence))
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
