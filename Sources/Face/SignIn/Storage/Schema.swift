import SQL

/// The tables of the sign-in, beside those of the accounts. `Docs/security/sign-in.md` describes them.
enum Schema {
    static func create(_ db: SQLConnection) throws {
        for table in tables { try table.create(in: db) }
        try db.run(
            script: """
                CREATE INDEX IF NOT EXISTS sign_in_grant_account ON sign_in_grant (account);
                CREATE INDEX IF NOT EXISTS sign_in_grant_expires ON sign_in_grant (expires);
                CREATE INDEX IF NOT EXISTS sign_in_code_expires ON sign_in_code (expires);
                CREATE INDEX IF NOT EXISTS sign_in_code_grant ON sign_in_code (of_grant);
                CREATE INDEX IF NOT EXISTS sign_in_token_expires ON sign_in_token (expires);
                CREATE INDEX IF NOT EXISTS sign_in_token_grant ON sign_in_token (of_grant);
                CREATE INDEX IF NOT EXISTS sign_in_assertion_expires ON sign_in_assertion (expires);
                CREATE UNIQUE INDEX IF NOT EXISTS sign_in_link_account ON sign_in_link (account, provider);
                """)
    }

    /// Removes what is over by its clock.
    static func sweep(_ db: SQLConnection, at now: Int64) throws {
        for table in ["token", "assertion", "launch", "pending", "grant"] {
            try db.execute("DELETE FROM sign_in_\(table) WHERE expires <= ?", .integer(now))
        }
        // A code that comes a second time ends its grant, for a day.
        try db.execute("DELETE FROM sign_in_code WHERE expires <= ?", .integer(now - 86_400_000))
    }

    static let tables = [
        SQLTable(
            "sign_in_client",
            [
                "id TEXT NOT NULL", "name TEXT NOT NULL", "kind TEXT NOT NULL", "redirects TEXT NOT NULL",
                "launch TEXT", "scopes TEXT NOT NULL", "organization TEXT", "division TEXT", "purpose TEXT NOT NULL",
                "sensitivities TEXT NOT NULL",
                "secret BLOB", "jwks TEXT", "jwks_url TEXT", "enabled INTEGER NOT NULL", "created INTEGER NOT NULL",
                "changed INTEGER NOT NULL",
            ], primaryKey: ["id"]),
        SQLTable(
            "sign_in_key",
            ["kid TEXT NOT NULL", "sealed BLOB NOT NULL", "created INTEGER NOT NULL"], primaryKey: ["kid"]),
        SQLTable(
            "sign_in_grant",
            [
                "id TEXT NOT NULL", "client TEXT NOT NULL", "account TEXT", "assignment TEXT", "session TEXT",
                "scopes TEXT NOT NULL", "patient TEXT", "encounter TEXT", "intent TEXT", "began INTEGER NOT NULL",
                "created INTEGER NOT NULL", "expires INTEGER NOT NULL",
            ], primaryKey: ["id"]),
        SQLTable(
            "sign_in_code",
            [
                "digest BLOB NOT NULL", "of_grant TEXT NOT NULL", "redirect TEXT NOT NULL", "challenge TEXT NOT NULL",
                "nonce TEXT", "used INTEGER NOT NULL", "expires INTEGER NOT NULL",
            ], primaryKey: ["digest"]),
        SQLTable(
            "sign_in_token",
            [
                "digest BLOB NOT NULL", "of_grant TEXT NOT NULL", "kind INTEGER NOT NULL", "scopes TEXT NOT NULL",
                "used INTEGER NOT NULL", "created INTEGER NOT NULL", "expires INTEGER NOT NULL",
            ], primaryKey: ["digest"]),
        SQLTable(
            "sign_in_assertion",
            ["digest BLOB NOT NULL", "expires INTEGER NOT NULL"], primaryKey: ["digest"]),
        SQLTable(
            "sign_in_launch",
            [
                "digest BLOB NOT NULL", "client TEXT NOT NULL", "account TEXT NOT NULL", "assignment TEXT NOT NULL",
                "patient TEXT", "encounter TEXT", "intent TEXT", "expires INTEGER NOT NULL",
            ], primaryKey: ["digest"]),
        SQLTable(
            "sign_in_link",
            ["provider TEXT NOT NULL", "subject TEXT NOT NULL", "account TEXT NOT NULL"],
            primaryKey: ["provider", "subject"]),
        SQLTable(
            "sign_in_pending",
            [
                "digest BLOB NOT NULL", "provider TEXT NOT NULL", "browser BLOB NOT NULL", "nonce TEXT NOT NULL",
                "verifier TEXT NOT NULL", "destination TEXT NOT NULL", "expires INTEGER NOT NULL",
            ], primaryKey: ["digest"]),
    ]
}

extension SQLValue {
    static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
    static func optional(_ bytes: [UInt8]?) -> SQLValue { bytes.map { .blob($0) } ?? .null }
}
