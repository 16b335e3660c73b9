import Access
import SQL

/// The approvals of copies for research, with who signed them.
enum ApprovalTable {
    static let name = "research_approval"

    static func create(_ db: SQLConnection) throws {
        // Defining it again would lock what other servers use.
        let isThere =
            switch db.kind {
            case .sqlite: try db.first("SELECT 1 FROM sqlite_master WHERE name = '\(name)'") { $0.int(0) } != nil
            case .postgreSQL: try db.first("SELECT to_regclass('\(name)') IS NOT NULL") { $0.int(0) == 1 } ?? false
            }
        guard !isThere else { return }
        let number = db.kind == .postgreSQL ? "INT8 NOT NULL" : "INTEGER NOT NULL"
        let text = "TEXT NOT NULL"
        try db.createTable(
            name,
            columns: [
                "account \(text)", "id \(text)", "types \(text)", "sensitivities \(number)", "valid_until \(number)",
                "study \(text)", "k \(number)", "data_owner \(text)", "security_officer \(text)",
            ], primaryKey: ["account", "id"])
    }

    private static let columns =
        "id, types, sensitivities, valid_until, study, k, data_owner, security_officer"

    /// Those of an account that both have signed.
    static func signed(of account: String, in db: SQLConnection) throws -> [ExportApproval] {
        try db.query("SELECT \(columns) FROM \(name) WHERE account = ? ORDER BY id", [.text(account)]) { approval($0) }
            .filter(\.isSigned)
    }

    /// One of them, signed or not.
    static func find(_ id: String, of account: String, in db: SQLConnection) throws -> ExportApproval? {
        try db.first(
            "SELECT \(columns) FROM \(name) WHERE account = ? AND id = ?", [.text(account), .text(id)]
        ) { approval($0) }
    }

    static func keep(_ approval: ExportApproval, of account: String, in db: SQLConnection) throws {
        try db.execute("DELETE FROM \(name) WHERE account = ? AND id = ?", .text(account), .text(approval.id))
        try db.execute(
            "INSERT INTO \(name) (account, \(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", .text(account),
            .text(approval.id), .text(approval.types.sorted().joined(separator: " ")),
            .integer(approval.sensitivities.reduce(0) { $0 | $1.mark }), .integer(approval.until),
            .text(approval.study), .int(approval.k), .text(approval.dataOwner), .text(approval.securityOfficer))
    }

    static func remove(_ id: String, of account: String, in db: SQLConnection) throws {
        try db.execute("DELETE FROM \(name) WHERE account = ? AND id = ?", .text(account), .text(id))
    }

    private static func approval(_ row: SQLRow) -> ExportApproval {
        ExportApproval(
            id: row.text(0), types: Set(row.text(1).split(separator: " ").map(String.init)),
            sensitivities: Sensitivity.all(row.int(2)), until: row.int(3), study: row.text(4), k: Int(row.int(5)),
            dataOwner: row.text(6), securityOfficer: row.text(7))
    }
}
