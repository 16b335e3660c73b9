import Identity
import SQL

/// The tables of persons. `Docs/identity.md` describes them.
///
/// Facts are what can't be worked out again: what sources said, what was decided, what was learned. The index follows from
/// the Patients and the facts, and is dropped and made anew with its projection.
enum PersonTables {
    static func createFacts(_ db: SQLConnection) throws {
        try db.createTable(
            "person_source",
            columns: [
                "id INTEGER NOT NULL", "source TEXT NOT NULL", "source_id TEXT NOT NULL", "person TEXT NOT NULL",
                "at INTEGER NOT NULL", "document BLOB NOT NULL",
            ], primaryKey: ["id"])
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
        try db.run(
            script: """
                CREATE UNIQUE INDEX IF NOT EXISTS person_source_by_id ON person_source (source, source_id);
                CREATE INDEX IF NOT EXISTS person_source_by_person ON person_source (person);
                CREATE INDEX IF NOT EXISTS person_merge_by_person ON person_merge (person);
                CREATE UNIQUE INDEX IF NOT EXISTS person_review_by_pair ON person_review (one, other);
                CREATE INDEX IF NOT EXISTS person_review_by_state ON person_review (state, weight);
                """)
    }

    static func createIndex(_ db: SQLConnection) throws {
        try db.createTable(
            "person_index_record",
            columns: ["record INTEGER NOT NULL", "person TEXT NOT NULL", "fields TEXT NOT NULL"],
            primaryKey: ["record"])
        try db.createTable(
            "person_index_key", columns: ["key INTEGER NOT NULL", "record INTEGER NOT NULL"],
            primaryKey: ["key", "record"])
    }

    /// The next number of a table. The one writer counts, so that no two are given.
    static func next(_ table: String, _ db: SQLConnection) throws -> Int64 {
        (try db.first("SELECT max(id) FROM \(table)") { $0.int(0) } ?? 0) + 1
    }
}

/// Which record of the index: a Patient of the store, or what a source said.
enum IndexedRecord {
    static func patient(rid: Int64) -> Int64 { rid * 2 }
    static func source(id: Int64) -> Int64 { id * 2 + 1 }
}

extension IdentityKey {
    /// Rule and value in one number.
    var number: Int64 { Int64(rule) << 32 | Int64(value) }
}
