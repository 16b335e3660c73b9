import SQL

/// The tables of the accounts. `Docs/security/accounts.md` describes them.
enum Schema {
    /// The version of the layout below; tables of another one are refused rather than misread.
    static let revision = "1"

    /// Makes the tables where they are absent, and checks that they and the server key belong together.
    ///
    /// - Throws: ``AccountsError`` when they don't.
    static func create(_ db: SQLConnection, keyCheck: String) throws {
        try makeTables(db)
        guard try setting(db, "revision", revision) == revision else {
            throw AccountsError.unavailable(
                "The accounts have a layout that this program does not read. Open them with the program that wrote them."
            )
        }
        guard try setting(db, "key", keyCheck) == keyCheck else {
            throw AccountsError.key(
                "The accounts were made with another server key. Give the key file that they were made with.")
        }
    }

    static func makeTables(_ db: SQLConnection) throws {
        for table in tables { try table.create(in: db) }
        try db.run(
            script: """
                CREATE UNIQUE INDEX IF NOT EXISTS account_login ON account (login);
                CREATE INDEX IF NOT EXISTS account_role_person ON account_role (person);
                CREATE INDEX IF NOT EXISTS account_change_number ON account_change (change);
                CREATE INDEX IF NOT EXISTS account_session_account ON account_session (account);
                CREATE INDEX IF NOT EXISTS account_session_expires ON account_session (expires);
                CREATE INDEX IF NOT EXISTS account_attempt_forgotten ON account_attempt (forgotten);
                """)
    }

    /// What a setting is; it is made when it is absent.
    private static func setting(_ db: SQLConnection, _ name: String, _ value: String) throws -> String? {
        try db.execute(
            "INSERT INTO account_setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", .text(name), .text(value))
        return try db.first("SELECT value FROM account_setting WHERE name = ?", [.text(name)]) { $0.text(0) }
    }

    static let tables = [
        SQLTable(
            "account_setting",
            ["name TEXT NOT NULL", "value TEXT NOT NULL"], primaryKey: ["name"]),
        SQLTable(
            "account",
            [
                "id TEXT NOT NULL", "login TEXT NOT NULL", "name TEXT NOT NULL", "locale TEXT NOT NULL",
                "state TEXT NOT NULL", "must_change INTEGER NOT NULL", "password TEXT", "password_at INTEGER NOT NULL",
                "password_until INTEGER", "totp BLOB", "totp_form TEXT", "totp_step INTEGER", "pending BLOB",
                "pending_form TEXT", "created INTEGER NOT NULL", "changed INTEGER NOT NULL",
            ], primaryKey: ["id"]),
        SQLTable(
            "account_role",
            [
                "account TEXT NOT NULL", "place INTEGER NOT NULL", "role TEXT NOT NULL", "duty TEXT", "person TEXT",
                "practitioner_role TEXT", "organization TEXT", "level TEXT", "district TEXT", "valid_from INTEGER",
                "valid_until INTEGER",
            ], primaryKey: ["account", "place"]),
        SQLTable(
            "account_grant",
            ["account TEXT NOT NULL", "category TEXT NOT NULL"], primaryKey: ["account", "category"]),
        SQLTable(
            "account_password",
            ["account TEXT NOT NULL", "replaced INTEGER NOT NULL", "password TEXT NOT NULL"],
            primaryKey: ["account", "replaced"]),
        SQLTable(
            "account_recovery",
            ["account TEXT NOT NULL", "digest BLOB NOT NULL"], primaryKey: ["account", "digest"]),
        SQLTable(
            "account_attempt",
            [
                "subject BLOB NOT NULL", "failures INTEGER NOT NULL", "since INTEGER NOT NULL",
                "blocked INTEGER NOT NULL", "forgotten INTEGER NOT NULL",
            ], primaryKey: ["subject"]),
        SQLTable(
            "account_session",
            [
                "digest BLOB NOT NULL", "id TEXT NOT NULL", "account TEXT NOT NULL", "stage INTEGER NOT NULL",
                "created INTEGER NOT NULL", "seen INTEGER NOT NULL", "expires INTEGER NOT NULL",
                "idle INTEGER NOT NULL", "device TEXT NOT NULL", "address TEXT NOT NULL", "factor INTEGER",
            ], primaryKey: ["digest"]),
        SQLTable(
            "account_change",
            ["account TEXT NOT NULL", "change INTEGER NOT NULL"], primaryKey: ["account"]),
    ]
}

extension SQLValue {
    static func optional(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
    static func optional(_ number: Int64?) -> SQLValue { number.map { .integer($0) } ?? .null }
}
