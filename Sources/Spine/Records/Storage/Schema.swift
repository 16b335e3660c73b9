import FHIR
import SQL

/// The tables of the record store. `Docs/storage.md` describes each to the byte.
enum Schema {
    /// The version of the layout below; a store of another version is refused rather than misread.
    static let revision: Int64 = 3
    /// The version with the tables of access, which a program of the version before would leave behind.
    static let labelledRevision: Int64 = 5
    /// The same before the rules knew of merges (``StandIns``).
    static let unmergedRevision: Int64 = 4

    static func create(_ db: SQLConnection) throws {
        switch db.kind {
        case .sqlite: try createSQLite(db)
        case .postgreSQL:
            let isThere = try db.first("SELECT to_regclass('setting') IS NOT NULL") { $0.int(0) == 1 } ?? false
            // Servers that come later find everything: defining it again would lock what the others use.
            if isThere { return try check(db) }
            try db.run(script: postgreSQL)
        }
        try db.execute(
            "INSERT INTO setting (name, value) VALUES ('revision', ?) ON CONFLICT DO NOTHING", .text("\(revision)"))
        try check(db)
    }

    /// Refuses a store of another layout.
    static func check(_ db: SQLConnection) throws {
        let found = try db.first("SELECT value FROM setting WHERE name = 'revision'") { $0.text(0) }
        guard [revision, unmergedRevision, labelledRevision].contains(where: { found == "\($0)" }) else {
            throw RecordsError(
                .unavailable,
                "This store has layout \(found ?? "?"), and this program reads the layouts \(revision) to "
                    + "\(labelledRevision). "
                    + "Open it with the program that wrote it, or load its data into a new folder.")
        }
    }

    /// Raises the version, when the tables of access have been made.
    static func raise(_ db: SQLConnection) throws {
        try db.execute("UPDATE setting SET value = ? WHERE name = 'revision'", .text("\(labelledRevision)"))
    }

    private static func createSQLite(_ db: SQLConnection) throws {
        try db.run(
            script: """
                CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
                CREATE TABLE IF NOT EXISTS resource_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                    alive INTEGER NOT NULL DEFAULT 0);
                CREATE TABLE IF NOT EXISTS parameter (id INTEGER PRIMARY KEY, type TEXT NOT NULL, code TEXT NOT NULL,
                    UNIQUE (type, code));
                CREATE TABLE IF NOT EXISTS term (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
                CREATE TABLE IF NOT EXISTS dictionary (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS resource (rid INTEGER PRIMARY KEY, type INTEGER NOT NULL, id BLOB NOT NULL,
                    sequence INTEGER NOT NULL, alive INTEGER NOT NULL);
                CREATE UNIQUE INDEX IF NOT EXISTS resource_id ON resource (type, id);
                CREATE INDEX IF NOT EXISTS resource_alive ON resource (type, rid) WHERE alive = 1;
                CREATE TABLE IF NOT EXISTS version (sequence INTEGER PRIMARY KEY, rid INTEGER NOT NULL,
                    number INTEGER NOT NULL, type INTEGER NOT NULL, verb INTEGER NOT NULL, at INTEGER NOT NULL,
                    dictionary INTEGER NOT NULL, splice INTEGER NOT NULL, body BLOB NOT NULL);
                CREATE INDEX IF NOT EXISTS version_of_resource ON version (rid, sequence);
                CREATE INDEX IF NOT EXISTS version_of_type ON version (type, sequence);
                CREATE TABLE IF NOT EXISTS projection (name TEXT PRIMARY KEY, revision INTEGER NOT NULL,
                    sequence INTEGER NOT NULL);
                \(ParameterEntry.table)
                """)
        for table in IndexTable.allCases {
            try db.createTable(table.name, columns: table.columns, primaryKey: table.primaryKey)
        }
        try db.createTable(
            CodeCounts.table, columns: CodeCounts.columns.map { "\($0) INTEGER NOT NULL" },
            primaryKey: ["param", "code", "system"])
        try TextIndex.create(db)
        try Substrings.create(db)
        try db.run(
            script: """
                CREATE INDEX IF NOT EXISTS index_date_of_resource ON index_date (param, rid, low, span);
                CREATE INDEX IF NOT EXISTS index_reference_of_resource ON index_reference (rid, param, target);
                """)
    }
}

/// The tables of index rows, one for each shape of value.
enum IndexTable: CaseIterable {
    case token, identifier, reference, string, date, number, quantity, uri, text

    var name: String { "index_\(self)" }

    var columns: [String] {
        switch self {
        case .token: Self.integers("param", "code", "rid", "system")
        case .identifier: Self.integers("param") + ["value TEXT NOT NULL"] + Self.integers("rid", "system")
        case .reference: Self.integers("param", "target", "rid")
        case .string: Self.integers("param") + ["value TEXT NOT NULL"] + Self.integers("rid") + ["raw TEXT NOT NULL"]
        case .date: Self.integers("param", "low", "rid", "span")
        case .number: Self.integers("param") + ["value REAL NOT NULL"] + Self.integers("rid")
        case .quantity:
            Self.integers("param") + ["value REAL NOT NULL"] + Self.integers("rid", "system", "code", "unit")
        case .uri: Self.integers("param") + ["value TEXT NOT NULL"] + Self.integers("rid")
        case .text: Self.integers("param", "text", "rid")
        }
    }

    /// Whether there is an index by which the rows of one resource are found.
    var hasRowsByResource: Bool { self == .date || self == .reference }

    var primaryKey: [String] { columns.map { String($0.prefix { $0 != " " }) } }

    private static func integers(_ names: String...) -> [String] { names.map { "\($0) INTEGER NOT NULL" } }
}
