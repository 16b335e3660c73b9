public import SQL

/// The log in a database: entries in blocks, a Merkle tree over them, and small indexes to find them by.
///
/// Everything that belongs to one append happens in the transaction of the caller: an event commits with its effect or not
/// at all. Appends must be alone among the writers of the database, as those inside `SQLDatabase.write` are.
/// `Docs/security/audit.md` describes each table to the byte.
public enum AuditTrail {
    /// The version of the tables; a log of another one is refused rather than misread.
    static let revision: Int64 = 1

    /// Every table of the log.
    public static let tables = [
        SQLTable(
            "audit_tree",
            [
                "id INTEGER NOT NULL", "revision INTEGER NOT NULL", "size INTEGER NOT NULL", "frontier BLOB NOT NULL",
            ],
            primaryKey: ["id"]),
        SQLTable(
            "audit_block",
            [
                "first INTEGER NOT NULL", "count INTEGER NOT NULL", "low INTEGER NOT NULL", "high INTEGER NOT NULL",
                "hashes BLOB NOT NULL", "entries BLOB NOT NULL",
            ], primaryKey: ["first"]),
        SQLTable(
            "audit_tile", ["level INTEGER NOT NULL", "place INTEGER NOT NULL", "hashes BLOB NOT NULL"],
            primaryKey: ["level", "place"]),
        SQLTable(
            "audit_patient", ["patient INTEGER NOT NULL", "entry INTEGER NOT NULL"], primaryKey: ["patient", "entry"]),
        SQLTable(
            "audit_account", ["account INTEGER NOT NULL", "block INTEGER NOT NULL"], primaryKey: ["account", "block"]),
        SQLTable(
            "audit_checkpoint", ["size INTEGER NOT NULL", "at INTEGER NOT NULL", "note TEXT NOT NULL"],
            primaryKey: ["size"]),
        SQLTable(
            "audit_journal",
            [
                "journal TEXT NOT NULL", "segment INTEGER NOT NULL", "position INTEGER NOT NULL", "at INTEGER NOT NULL",
                "open INTEGER NOT NULL",
            ], primaryKey: ["journal"]),
    ]

    /// The log as it stands.
    public struct State: Sendable, Hashable {
        /// How many entries there are.
        public var size: Int64
        /// The root of the tree over them.
        public var root: MerkleHash
    }

    /// Makes the tables where they are missing, and checks that those that are there have the layout of this program.
    ///
    /// - Throws: ``AuditError/otherRevision(_:)``, or the database's error.
    public static func create(in db: SQLConnection) throws {
        for table in tables { try table.create(in: db) }
        try db.run(script: "CREATE INDEX IF NOT EXISTS audit_block_time ON audit_block (high, first)")
        try db.execute(
            "INSERT INTO audit_tree (id, revision, size, frontier) VALUES (0, ?, 0, ?) ON CONFLICT DO NOTHING",
            .integer(revision), .blob([]))
        _ = try frontier(in: db)
    }

    /// The size and the root.
    public static func state(in db: SQLConnection) throws -> State {
        let frontier = try frontier(in: db)
        return State(size: frontier.size, root: frontier.root)
    }

    /// The kept edge of the tree.
    static func frontier(in db: SQLConnection) throws -> MerkleFrontier {
        let row = try db.first("SELECT revision, size, frontier FROM audit_tree WHERE id = 0") { row in
            (revision: row.int(0), size: row.int(1), hashes: MerkleHash.list(row.blob(2)))
        }
        guard let row else { throw AuditError.damaged("audit_tree has no row") }
        guard row.revision == revision else { throw AuditError.otherRevision(row.revision) }
        guard let hashes = row.hashes, let frontier = MerkleFrontier(size: row.size, hashes: hashes) else {
            throw AuditError.damaged("the frontier of audit_tree does not fit its size")
        }
        return frontier
    }

    /// Whether a database has a log.
    public static func exists(in db: SQLConnection) throws -> Bool {
        let sql =
            switch db.kind {
            case .sqlite: "SELECT count(*) FROM sqlite_master WHERE name = 'audit_tree'"
            case .postgreSQL:
                "SELECT count(*) FROM pg_class WHERE relname = 'audit_tree' AND relnamespace = CAST(current_schema() AS regnamespace)"
            }
        return try db.first(sql) { $0.int(0) } ?? 0 > 0
    }
}

/// What is wrong with a log.
public enum AuditError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is stored does not hold together; `healthbrain audit verify` tells more.
    case damaged(String)
    /// The tables were made by a program with another layout.
    case otherRevision(Int64)
    /// A proof was asked for a size that the log does not have, or a place beyond it.
    case outOfRange
    /// The journal can't be used: why, and what to do.
    case journal(String)
    /// A key or a signed text can't be used: why, and what to do.
    case key(String)

    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .damaged(let what): "The audit log is damaged: \(what)."
        case .otherRevision(let revision):
            "The audit log has layout \(revision), and this program reads layout \(AuditTrail.revision)."
        case .outOfRange: "The audit log has no such entry or size."
        case .journal(let what), .key(let what): what
        }
    }
}
