import JSON
public import Records
public import SQL

/// The Tasks of pathways as rows, so that lists of work and their numbers need no search: who owes what for whom, by when.
///
/// Tables:
/// - `work_tasks (task, person, pathway, action, main, kind, status, state, opens, due, deferred, owner, urgency, visit, authored,
///   ended)`: Tasks of pathways and the steps of escalation that are part of them (`main`).
/// - `work_persons (person, organization, district)`: who looks after whom, and where they live.
///
/// Persons and Tasks stand by their ids, times in milliseconds since 1970. They say where work is, and open nothing: what a page
/// shows of a Task it reads through the eyes of its reader.
public struct WorkTables: Projection {
    /// Its tables.
    public init() {}

    /// `work`
    public var name: String { "work" }
    /// 1
    public var revision: Int { 1 }
    /// Task and Patient.
    public var interest: Set<String>? { ["Task", "Patient"] }

    /// Creates the tables.
    public func createTables(_ db: SQLConnection) throws {
        try db.createTable(
            "work_tasks",
            columns: [
                "task TEXT NOT NULL", "person TEXT NOT NULL", "pathway TEXT NOT NULL", "action TEXT NOT NULL",
                "main TEXT NOT NULL", "kind TEXT NOT NULL", "status TEXT NOT NULL", "state TEXT NOT NULL",
                "opens INTEGER NOT NULL", "due INTEGER NOT NULL", "deferred INTEGER NOT NULL", "owner TEXT NOT NULL",
                "urgency INTEGER NOT NULL", "visit TEXT NOT NULL", "authored INTEGER NOT NULL", "ended INTEGER",
            ], primaryKey: ["task"])
        try db.createTable(
            "work_persons",
            columns: ["person TEXT NOT NULL", "organization TEXT NOT NULL", "district TEXT NOT NULL"],
            primaryKey: ["person"])
        for (name, on) in [
            ("work_tasks_by_person", "work_tasks (person)"), ("work_tasks_by_owner", "work_tasks (owner, status)"),
            ("work_tasks_by_pathway", "work_tasks (pathway, status)"), ("work_tasks_by_main", "work_tasks (main)"),
            ("work_persons_by_organization", "work_persons (organization)"),
        ] { try db.run(script: "CREATE INDEX IF NOT EXISTS \(name) ON \(on)") }
    }

    /// Drops the tables.
    public func dropTables(_ db: SQLConnection) throws {
        for table in ["tasks", "persons"] { try db.run(script: "DROP TABLE IF EXISTS work_\(table)") }
    }

    /// Takes in changes.
    public func apply(_ changes: [Change], _ db: SQLConnection) throws {
        for change in changes {
            if change.key.type == "Patient" {
                try person(change, db)
            } else {
                if change.versionID > 1 {
                    try db.execute("DELETE FROM work_tasks WHERE task = ?", .text(change.key.id))
                }
                guard let row = change.document.flatMap({ Row($0.root) }) else { continue }
                try row.insert(change.key.id, db)
            }
        }
    }

    private func person(_ change: Change, _ db: SQLConnection) throws {
        if change.versionID > 1 { try db.execute("DELETE FROM work_persons WHERE person = ?", .text(change.key.id)) }
        guard let root = change.document?.root else { return }
        try db.execute(
            "INSERT INTO work_persons (person, organization, district) VALUES (?, ?, ?)", .text(change.key.id),
            .text(root["managingOrganization"]?["reference"]?.string ?? ""),
            .text(String(PersonRecord.division(of: root).prefix(6))))
    }

    /// A Task of a pathway.
    private struct Row {
        let root: JSONNode
        let name: String
        let main: String
        let kind: String
        let person: String

        init?(_ root: JSONNode) {
            func named(_ system: String) -> String? {
                root.list("identifier").first { $0["system"]?.equals(system) == true }?["value"]?.string
            }
            guard let person = root["for"]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) }),
                person.type == "Patient", root["status"]?.equals("entered-in-error") != true
            else { return nil }
            if let name = named(StandingTask.system) {
                (self.name, main, kind) = (name, "", "")
            } else if let name = named(PathwayFacts.escalationSystem),
                let main = root["partOf"]?[0]?["reference"]?.string.flatMap({ ResourceKey(reference: $0) })
            {
                self.name = name
                self.main = main.id
                kind = root["code"]?["coding"]?[0]?["code"]?.string ?? ""
            } else {
                return nil
            }
            self.root = root
            self.person = person.id
        }

        private func time(_ node: JSONNode?) -> Int64? { node?.string.flatMap { Moment($0)?.milliseconds } }

        func insert(_ id: String, _ db: SQLConnection) throws {
            let parts = name.split(separator: "/", maxSplits: 2).map(String.init)
            let urgencies = ["stat": 0, "asap": 1, "urgent": 2]
            let period = root["restriction"]?["period"]
            let deferred = root.extensionValue(WorkTask.deferredUntil).flatMap { $0.string.flatMap { Moment($0) } }
            let ended = time(root["executionPeriod"]?["end"]) ?? time(root["lastModified"])
            let status = root["status"]?.string ?? ""
            let endedAt: SQLValue = WorkTask.alive.contains(status) ? .null : ended.map { .integer($0) } ?? .null
            let urgency = root["priority"]?.string.flatMap { urgencies[$0] } ?? 3
            var values: [SQLValue] = [.text(id), .text(person), .text(parts.first ?? "")]
            values += [.text(parts.count > 1 ? parts[1] : ""), .text(main), .text(kind), .text(status)]
            values.append(.text(root["businessStatus"]?["coding"]?[0]?["code"]?.string ?? ""))
            values += [.integer(time(period?["start"]) ?? 0), .integer(time(period?["end"]) ?? .max)]
            values += [.integer(deferred?.milliseconds ?? 0), .text(root["owner"]?["reference"]?.string ?? "")]
            values += [.int(urgency), .text(root["groupIdentifier"]?["value"]?.string ?? "")]
            values += [.integer(time(root["authoredOn"]) ?? 0), endedAt]
            try db.execute(
                "INSERT INTO work_tasks (task, person, pathway, action, main, kind, status, state, opens, due, deferred, owner, "
                    + "urgency, visit, authored, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values)
        }
    }
}
