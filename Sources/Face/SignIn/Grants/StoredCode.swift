import SQL

/// A code of the authorization endpoint, as it is kept.
struct StoredCode: Sendable {
    let grant: String
    let redirectURI: String
    let challenge: String
    let nonce: String?
    let expires: Int64

    /// What became of a code that was brought back.
    enum Taken: Sendable {
        case code(StoredCode, Grant)
        /// It was brought before: whoever has it now may have stolen it, so the grant has ended.
        case replayed(Grant?)
        case unknown
    }

    static func insert(_ db: SQLConnection, _ code: OpaqueToken, of grant: Grant, _ asked: AuthorizationRequest) throws
    {
        try db.execute(
            """
            INSERT INTO sign_in_code (digest, of_grant, redirect, challenge, nonce, used, expires)
            VALUES (?, ?, ?, ?, ?, 0, ?)
            """, .blob(code.digest), .text(grant.id), .text(asked.back.redirectURI), .text(asked.challenge),
            .optional(asked.nonce), .integer(grant.expires))
    }

    /// Takes a code, which one server alone can do, once.
    static func take(_ db: SQLConnection, _ code: OpaqueToken) throws -> Taken {
        let taken = try db.first(
            """
            UPDATE sign_in_code SET used = 1 WHERE digest = ? AND used = 0
            RETURNING of_grant, redirect, challenge, nonce, expires
            """, [.blob(code.digest)]
        ) { row in
            StoredCode(
                grant: row.text(0), redirectURI: row.text(1), challenge: row.text(2), nonce: row.textOrNil(3),
                expires: row.int(4))
        }
        if let taken { return try Grant.find(db, taken.grant).map { .code(taken, $0) } ?? .unknown }
        let used = try db.first("SELECT of_grant FROM sign_in_code WHERE digest = ?", [.blob(code.digest)]) {
            $0.text(0)
        }
        guard let used else { return .unknown }
        let grant = try Grant.find(db, used)
        try Grant.end(db, used)
        return .replayed(grant)
    }
}
