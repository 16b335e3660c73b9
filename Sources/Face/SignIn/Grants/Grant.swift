import Accounts
import Foundation
import SQL

/// A right that was granted to a client once: by a person on a page, or by a signature of the client. Codes and tokens
/// belong to one, and end with it.
struct Grant: Sendable {
    var id = ""
    var client: String
    var account: UUID?
    /// Which of the account's roles, by ``key(of:)``.
    var assignment: String?
    /// The session that it ends with; nil when it outlives sessions.
    var session: UUID?
    /// Scopes with blanks between them.
    var scopes: String
    /// The id of the patient in context.
    var patient: String?
    /// The id of the encounter in context.
    var encounter: String?
    var intent: String?
    /// When the person signed in, in milliseconds since 1970 UTC.
    var began: Int64
    var created: Int64
    var expires: Int64

    /// What names a role among those of an account, whatever their order.
    static func key(of assignment: RoleAssignment) -> String {
        [
            assignment.role.rawValue, assignment.duty?.rawValue, assignment.person, assignment.practitionerRole,
            assignment.organization, assignment.level?.rawValue, assignment.district,
        ].map { $0 ?? "" }.joined(separator: "|")
    }

    var hasScope: (String) -> Bool { Set(scopes.split(separator: " ").map(String.init)).contains }

    // MARK: - Rows

    private static let columns =
        "id, client, account, assignment, session, scopes, patient, encounter, intent, began, created, expires"

    func insert(_ db: SQLConnection) throws {
        try db.execute(
            "INSERT INTO sign_in_grant (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text(id), .text(client), .optional(account?.uuidString), .optional(assignment),
            .optional(session?.uuidString), .text(scopes), .optional(patient), .optional(encounter), .optional(intent),
            .integer(began), .integer(created), .integer(expires))
    }

    static func find(_ db: SQLConnection, _ id: String) throws -> Grant? {
        try db.first("SELECT \(columns) FROM sign_in_grant WHERE id = ?", [.text(id)], map: read)
    }

    static func list(_ db: SQLConnection, of account: UUID) throws -> [Grant] {
        try db.query(
            "SELECT \(columns) FROM sign_in_grant WHERE account = ? ORDER BY created DESC, id",
            [.text(account.uuidString)], map: read)
    }

    private static func read(_ row: SQLRow) -> Grant {
        Grant(
            id: row.text(0), client: row.text(1), account: row.textOrNil(2).flatMap { UUID(uuidString: $0) },
            assignment: row.textOrNil(3), session: row.textOrNil(4).flatMap { UUID(uuidString: $0) },
            scopes: row.text(5), patient: row.textOrNil(6), encounter: row.textOrNil(7), intent: row.textOrNil(8),
            began: row.int(9), created: row.int(10), expires: row.int(11))
    }

    /// Ends a grant with its codes and tokens.
    static func end(_ db: SQLConnection, _ id: String) throws {
        for (table, column) in [("sign_in_token", "of_grant"), ("sign_in_code", "of_grant"), ("sign_in_grant", "id")] {
            try db.execute("DELETE FROM \(table) WHERE \(column) = ?", .text(id))
        }
    }

    static func endAll(_ db: SQLConnection, ofClient client: String) throws {
        let ids = try db.query("SELECT id FROM sign_in_grant WHERE client = ?", [.text(client)]) { $0.text(0) }
        for id in ids { try end(db, id) }
    }
}

/// A token of a grant, as it is kept.
struct StoredToken: Sendable {
    enum Kind: Int64 { case access = 0, refresh = 1 }

    let grant: String
    let kind: Kind
    /// The grant's scopes, or fewer.
    let scopes: String
    let isUsed: Bool
    let created: Int64
    let expires: Int64

    static func insert(
        _ db: SQLConnection, _ token: OpaqueToken, _ kind: Kind, grant: String, scopes: String, created: Int64,
        expires: Int64
    ) throws {
        try db.execute(
            """
            INSERT INTO sign_in_token (digest, of_grant, kind, scopes, used, created, expires)
            VALUES (?, ?, ?, ?, 0, ?, ?)
            """, .blob(token.digest), .text(grant), .integer(kind.rawValue), .text(scopes), .integer(created),
            .integer(expires))
    }

    static func find(_ db: SQLConnection, _ token: OpaqueToken) throws -> StoredToken? {
        try db.first(
            "SELECT of_grant, kind, scopes, used, created, expires FROM sign_in_token WHERE digest = ?",
            [.blob(token.digest)]
        ) { row in
            StoredToken(
                grant: row.text(0), kind: Kind(rawValue: row.int(1)) ?? .access, scopes: row.text(2),
                isUsed: row.int(3) != 0, created: row.int(4), expires: row.int(5))
        }
    }

    /// Marks a token used; false when somebody was faster, on whatever server.
    static func use(_ db: SQLConnection, _ token: OpaqueToken) throws -> Bool {
        try db.first(
            "UPDATE sign_in_token SET used = 1 WHERE digest = ? AND used = 0 RETURNING 1", [.blob(token.digest)]
        ) { $0.int(0) } != nil
    }
}
