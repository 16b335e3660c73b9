import SQL

/// The tables of an agent, in `agent.db` of its folder.
enum AgentTables {
    static func file(_ folder: String) -> String { "\(folder)/agent.db" }

    static func create(_ db: SQLConnection) throws(SQLError) {
        // Numbers are never given again, so that a file's row can't meet another item.
        try db.run(
            script: """
                CREATE TABLE IF NOT EXISTS item (
                    number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, sender TEXT NOT NULL,
                    content TEXT NOT NULL, origin TEXT NOT NULL, received INTEGER NOT NULL, bytes INTEGER NOT NULL,
                    body BLOB NOT NULL);
                CREATE INDEX IF NOT EXISTS item_source ON item (source, number);
                CREATE TABLE IF NOT EXISTS refused (
                    number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL, sender TEXT NOT NULL,
                    content TEXT NOT NULL, origin TEXT NOT NULL, refused INTEGER NOT NULL, reason TEXT NOT NULL,
                    body BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS note (
                    source TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (source, name));
                CREATE TABLE IF NOT EXISTS file (
                    source TEXT NOT NULL, kept TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
                    modified INTEGER NOT NULL, number INTEGER NOT NULL, isAnswered INTEGER NOT NULL DEFAULT 0,
                    refusal TEXT, PRIMARY KEY (source, kept));
                """)
    }
}

/// What an item is.
enum AgentContent: Sendable, Hashable {
    case hl7v2, ndjson, fhir
    /// Rows of a text file, by their table.
    case table(String)

    /// By the name of a file; nil for files that are left alone.
    init?(file: String, table: String?) {
        let parts = file.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let ending = parts.last?.lowercased() else { return nil }
        switch ending {
        case "hl7": self = .hl7v2
        case "ndjson": self = .ndjson
        case "json": self = .fhir
        case "csv", "tsv": self = .table(table ?? String(parts[0].prefix { $0 != "-" }))
        default: return nil
        }
    }

    init(text: String) {
        switch text {
        case "hl7v2": self = .hl7v2
        case "ndjson": self = .ndjson
        case "fhir": self = .fhir
        default: self = .table(String(text.drop { $0 != ":" }.dropFirst()))
        }
    }

    var text: String {
        switch self {
        case .hl7v2: "hl7v2"
        case .ndjson: "ndjson"
        case .fhir: "fhir"
        case .table(let name): "table:\(name)"
        }
    }

    /// The type of the body over HTTP.
    var mediaType: String {
        switch self {
        case .hl7v2: "application/hl7-v2"
        case .ndjson: "application/fhir+ndjson"
        case .fhir: "application/fhir+json"
        case .table: "text/csv"
        }
    }
}
