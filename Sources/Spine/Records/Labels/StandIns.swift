public import SQL

/// Who stands for Patients that were merged into others. For the rules, what is about the one that went is about whoever stands
/// for it: the labels of resources are written so, and no read has to ask.
///
/// Merges alone write it (``WriteDesk/stand(_:as:)``): a link in a Patient's text, which its writer could have made up, opens nothing.
public enum StandIns {
    static let table = "access_stand_in"

    /// Makes the table where there is none.
    public static func create(_ db: SQLConnection) throws {
        // Defining it again would lock what other servers use.
        guard try !isThere(table, db) else { return }
        let number = db.kind == .postgreSQL ? "INT4 NOT NULL" : "INTEGER NOT NULL"
        try db.createTable(table, columns: ["patient \(number)", "survivor \(number)"], primaryKey: ["patient"])
        try db.run(script: "CREATE INDEX IF NOT EXISTS \(table)_by_survivor ON \(table) (survivor)")
        // A program that does not write it must not open a store whose labels count on it.
        if try isThere("access_label", db) { try Schema.raise(db) }
    }

    /// How many Patients others stand for.
    public static func count(_ db: SQLConnection) throws -> Int64 {
        try db.first("SELECT count(*) FROM \(table)") { $0.int(0) } ?? 0
    }

    /// Takes over merges that were made where the table was not written: of each pair the Patient that went, and who stands for it.
    public static func adopt(_ pairs: [(patient: String, survivor: String)], _ db: SQLConnection) throws {
        let hasLabels = try isThere("access_label", db)
        // Where there are labels, no program that leaves the table behind opens the store.
        if !hasLabels { try db.execute("DELETE FROM \(table)") }
        let type = try db.first("SELECT id FROM resource_type WHERE name = 'Patient'") { $0.int(0) } ?? 0
        func number(_ id: String) throws -> Int64? {
            try db.first(
                "SELECT rid FROM resource WHERE type = ? AND id = ?", [.integer(type), .blob(IDCode.encode(id))]
            ) { $0.int(0) }
        }
        for pair in pairs {
            guard let patient = try number(pair.patient), let survivor = try number(pair.survivor) else { continue }
            try put(patient, survivor, db)
            if hasLabels { try relabel(patient, survivor, db) }
        }
    }

    /// Labels with the survivor what is labelled with one that went.
    private static func relabel(_ patient: Int64, _ survivor: Int64, _ db: SQLConnection) throws {
        let (old, new) = (SQLValue.integer(patient), SQLValue.integer(survivor))
        for table in ["access_label", "access_person"] {
            try db.execute(
                """
                INSERT INTO access_dependency (rid, target) SELECT rid, person FROM \(table)
                WHERE person = ? AND rid <> ? ON CONFLICT DO NOTHING
                """, old, old)
        }
        for (table, column) in [
            ("access_label", "person"), ("access_guardian", "child"), ("access_consent", "person"),
            ("access_mandate", "patient"),
        ] {
            try db.execute("UPDATE \(table) SET \(column) = ? WHERE \(column) = ?", new, old)
        }
        for (table, key) in [
            ("access_person", ""), ("access_case", ""),
            ("care_relation", "AND x.organisation = care_relation.organisation"),
        ] {
            try db.execute(
                """
                UPDATE \(table) SET person = ? WHERE person = ? AND NOT EXISTS
                (SELECT 1 FROM \(table) x WHERE x.rid = \(table).rid AND x.person = ? \(key))
                """, new, old, new)
            try db.execute("DELETE FROM \(table) WHERE person = ?", old)
        }
    }

    static func put(_ patient: Int64, _ survivor: Int64, _ db: SQLConnection) throws {
        try db.execute("DELETE FROM \(table) WHERE patient = ?", .integer(patient))
        guard patient != survivor else { return }
        try db.execute(
            "INSERT INTO \(table) (patient, survivor) VALUES (?, ?)", .integer(patient), .integer(survivor))
    }

    private static func isThere(_ table: String, _ db: SQLConnection) throws -> Bool {
        switch db.kind {
        case .sqlite:
            try db.first("SELECT 1 FROM sqlite_master WHERE name = ?", [.text(table)]) { $0.int(0) } != nil
        case .postgreSQL: try db.first("SELECT to_regclass('\(table)') IS NOT NULL") { $0.int(0) == 1 } ?? false
        }
    }
}

/// Looks up who stands for whom.
struct StandInLookup {
    let db: SQLConnection
    let parts: StoreParts

    /// Of some Patients those for whom others stand, with who does.
    func survivors(of patients: some Sequence<String>) throws -> [String: String] {
        let ids = patients.sorted()
        guard !ids.isEmpty, let type = parts.types.number(of: "Patient") else { return [:] }
        var found: [String: String] = [:]
        for start in stride(from: 0, to: ids.count, by: 256) {
            let within = Fragment.padded(
                "p.id", ids[start..<min(start + 256, ids.count)].map { SQLValue.blob(IDCode.encode($0)) })
            try db.rows(
                """
                SELECT p.id, s.id FROM resource p JOIN \(StandIns.table) x ON x.patient = p.rid
                JOIN resource s ON s.rid = x.survivor WHERE p.type = ? AND \(within.sql)
                """, [.integer(type)] + within.values
            ) { row in
                found[row.withBlob(0) { IDCode.decode($0) }] = row.withBlob(1) { IDCode.decode($0) }
            }
        }
        return found
    }

    /// All Patients of the person that one is or was, each with its number: who stands for it, and all that went.
    func person(of patient: Int64, id: String) throws -> [(number: Int64, id: String)] {
        let known = try db.first("SELECT survivor FROM \(StandIns.table) WHERE patient = ?", [.integer(patient)]) {
            $0.int(0)
        }
        let survivor = known ?? patient
        let went = try db.query("SELECT patient FROM \(StandIns.table) WHERE survivor = ?", [.integer(survivor)]) {
            $0.int(0)
        }
        if went.isEmpty { return [(patient, id)] }
        let within = Fragment.padded("rid", went + [survivor])
        return try db.query("SELECT rid, id FROM resource WHERE \(within.sql)", within.values) { row in
            (number: row.int(0), id: row.withBlob(1) { IDCode.decode($0) })
        }
    }
}

extension WriteSession {
    /// Who stands for a Patient; itself where nobody else does.
    func standIn(for patient: String) throws -> String {
        if let pending = pendingStandIns[patient] { return pending }
        try lookUpStandIns([patient])
        guard let known = memory.standIns[patient], !known.isEmpty else { return patient }
        return known
    }

    /// Looks up many at a time. Most persons were never merged: that is remembered as well.
    func lookUpStandIns(_ patients: Set<String>) throws {
        if memory.hasStandIns == nil {
            memory.hasStandIns = try db.first("SELECT 1 FROM \(StandIns.table) LIMIT 1") { _ in true } ?? false
        }
        guard memory.hasStandIns == true else { return }
        let unknown = patients.filter { memory.standIns[$0] == nil }
        guard !unknown.isEmpty else { return }
        if memory.standIns.count >= WriterMemory.ridsMax { memory.standIns.removeAll(keepingCapacity: true) }
        let found = try StandInLookup(db: db, parts: parts).survivors(of: unknown)
        for patient in unknown { memory.standIns[patient] = found[patient] ?? "" }
    }

    /// Writes down who stands for whom from this job on, and labels anew what is about them and was not written by it.
    func settleStandIns() throws {
        guard !pendingStandIns.isEmpty else { return }
        let pairs = pendingStandIns.sorted { $0.key < $1.key }
        for (patient, survivor) in pairs {
            let number = try rid(of: ResourceKey(type: "Patient", id: patient))
            try StandIns.put(number, try rid(of: ResourceKey(type: "Patient", id: survivor)), db)
            memory.standIns[patient] = patient == survivor ? "" : survivor
        }
        memory.hasStandIns = true
        guard keepsLabels else { return }
        try db.execute(
            """
            INSERT INTO setting (name, value) VALUES ('\(StandIns.table)', ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, .text("\(memory.nextSequence)"))
        for (patient, survivor) in pairs {
            let number = try rid(of: ResourceKey(type: "Patient", id: patient))
            try flushLabels()
            try flushRows()
            var about = [number]
            if patient != survivor {
                about += try db.query(
                    """
                    SELECT rid FROM access_label WHERE person = ? UNION SELECT rid FROM access_person WHERE person = ?
                    """, [.integer(number), .integer(number)]
                ) { $0.int(0) }
            }
            for rid in about {
                guard let version = try LabelLookup(db: db, parts: parts).lastContent(rid) else { continue }
                try relabel(version, rid)
            }
            try labelDependents(of: number)
        }
    }
}

extension WriteDesk {
    /// Says who stands for Patients from this transaction on, for the rules: another one since a merge, each for itself again
    /// since it was taken back. It is written with what is decided; where that is refused, nothing was said.
    public func stand(_ patients: some Sequence<String>, as survivor: (String) -> String) {
        for patient in patients { session.pendingStandIns[patient] = survivor(patient) }
    }
}

extension RecordStore {
    /// Who stands for a Patient since a merge, for the rules; itself where nobody else does.
    public func standIn(for patient: String) throws(RecordsError) -> String {
        guard parts.access.isOn else { return patient }
        return try readSQL { db in
            try StandInLookup(db: db, parts: parts).survivors(of: [patient])[patient] ?? patient
        }
    }
}
