import Identity
import Records
import SQL

/// The tables of persons. `Docs/identity.md` describes them.
///
/// Facts are what can't be worked out again: what sources said, what was decided, what was learned. The index follows from
/// the Patients and the facts, and is dropped and made anew with its projection.
enum PersonTables {
    static func createFacts(_ db: SQLConnection) throws {
        try StandIns.create(db)
        try db.createTable(
            "person_word",
            columns: [
                "id INTEGER NOT NULL", "patient TEXT NOT NULL", "at INTEGER NOT NULL", "document BLOB NOT NULL",
                "written INTEGER NOT NULL",
            ], primaryKey: ["id"])
        try db.createTable(
            "person_awaiting", columns: ["patient TEXT NOT NULL", "since INTEGER NOT NULL"], primaryKey: ["patient"])
        try db.createTable(
            "person_redirect", columns: ["person TEXT NOT NULL", "survivor TEXT NOT NULL", "merge INTEGER NOT NULL"],
            primaryKey: ["person"])
        try db.createTable(
            "person_merge",
            columns: [
                "id INTEGER NOT NULL", "at INTEGER NOT NULL", "person TEXT NOT NULL", "survivor TEXT NOT NULL",
                "author TEXT NOT NULL", "reason TEXT NOT NULL", "undone INTEGER NOT NULL",
                "undone_by TEXT NOT NULL",
            ], primaryKey: ["id"])
        try db.createTable(
            "person_merge_change",
            columns: [
                "merge INTEGER NOT NULL", "type TEXT NOT NULL", "id TEXT NOT NULL", "before INTEGER NOT NULL",
                "after INTEGER NOT NULL", "places TEXT NOT NULL",
            ], primaryKey: ["merge", "type", "id"])
        try db.createTable(
            "person_review",
            columns: [
                "id INTEGER NOT NULL", "at INTEGER NOT NULL", "one TEXT NOT NULL", "other TEXT NOT NULL",
                "weight REAL NOT NULL", "state INTEGER NOT NULL", "decided INTEGER NOT NULL",
                "author TEXT NOT NULL", "reason TEXT NOT NULL", "one_fields TEXT NOT NULL",
                "other_fields TEXT NOT NULL",
            ], primaryKey: ["id"])
        try db.createTable(
            "person_model", columns: ["id INTEGER NOT NULL", "at INTEGER NOT NULL", "model TEXT NOT NULL"],
            primaryKey: ["id"])
        try db.createTable(
            "person_learning", columns: ["model INTEGER NOT NULL", "records INTEGER NOT NULL"], primaryKey: ["model"])
        try db.run(
            script: """
                CREATE INDEX IF NOT EXISTS person_awaiting_by_since ON person_awaiting (since, patient);
                CREATE UNIQUE INDEX IF NOT EXISTS person_word_by_patient ON person_word (patient);
                CREATE INDEX IF NOT EXISTS person_redirect_by_survivor ON person_redirect (survivor);
                CREATE INDEX IF NOT EXISTS person_merge_by_person ON person_merge (person);
                CREATE INDEX IF NOT EXISTS person_merge_by_survivor ON person_merge (survivor);
                CREATE INDEX IF NOT EXISTS person_review_by_other ON person_review (other);
                CREATE UNIQUE INDEX IF NOT EXISTS person_review_by_pair ON person_review (one, other);
                CREATE INDEX IF NOT EXISTS person_review_by_state ON person_review (state, weight);
                """)
        let merged = try db.first("SELECT count(*) FROM person_redirect") { $0.int(0) } ?? 0
        if try StandIns.count(db) != merged { try adoptMerges(db) }
    }

    /// Tells the rules of merges that were made where they were not told of any.
    private static func adoptMerges(_ db: SQLConnection) throws {
        let redirects = Redirects(db)
        let went = try db.query("SELECT person FROM person_redirect ORDER BY person") { $0.text(0) }
        try StandIns.adopt(went.map { ($0, try redirects.survivor(of: $0)) }, db)
    }

    static func createIndex(_ db: SQLConnection) throws {
        try db.createTable(
            "person_index_record",
            columns: ["record INTEGER NOT NULL", "person TEXT NOT NULL", "fields TEXT NOT NULL"],
            primaryKey: ["record"])
        try db.createTable(
            "person_guardian",
            columns: ["related INTEGER NOT NULL", "child TEXT NOT NULL", "name TEXT NOT NULL"], primaryKey: ["related"])
        try db.run(script: "CREATE INDEX IF NOT EXISTS person_guardian_by_child ON person_guardian (child)")
        try db.createTable(
            "person_index_key", columns: ["key INTEGER NOT NULL", "record INTEGER NOT NULL"],
            primaryKey: ["key", "record"])
    }

    /// Notes that it is to be decided who else a Patient is.
    ///
    /// - Parameter since: the change of the feed by which it is. Those that are looked at again for another reason have a
    ///   number below 0: whoever came anew goes before them.
    static func await(_ patient: String, since: Int64, _ db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO person_awaiting (patient, since) VALUES (?, ?)
            ON CONFLICT (patient) DO UPDATE SET since = excluded.since
            """, .text(patient), .integer(since))
    }

    /// The next number of a table. The one writer counts, so that no two are given.
    static func next(_ table: String, _ db: SQLConnection) throws -> Int64 {
        (try db.first("SELECT max(id) FROM \(table)") { $0.int(0) } ?? 0) + 1
    }
}

/// Which record of the index: a Patient of the store, or the last word on one that was put together with others.
enum IndexedRecord {
    static func patient(rid: Int64) -> Int64 { rid * 2 }
    static func word(id: Int64) -> Int64 { id * 2 + 1 }
}

extension IdentityKey {
    /// Rule and value in one number.
    var number: Int64 { Int64(rule) << 32 | Int64(value) }
}
