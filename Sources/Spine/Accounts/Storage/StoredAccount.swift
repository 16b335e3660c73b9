import Foundation
import SQL

/// An account with its secrets, as the tables hold it.
struct StoredAccount: Sendable {
    var account: Account
    /// Nil for an account that signs in elsewhere only.
    var password: PasswordHash?
    var passwordAt: Int64
    /// Until when a one-time password is good.
    var passwordUntil: Int64?
    var factor: StoredFactor?
    /// A second factor that is not confirmed yet.
    var pending: StoredFactor?
    /// The last step whose code was taken.
    var lastStep: Int64?
}

/// A second factor at rest.
struct StoredFactor: Sendable {
    var box: [UInt8]
    /// Algorithm, digits and period: `SHA1/6/30`.
    var form: String

    init(_ totp: TOTP, _ secrets: SecretBox, owner: UUID, nonce: [UInt8]) {
        box = secrets.seal(totp.secret, owner: owner.uuidString, nonce: nonce)
        form = "\(totp.algorithm.rawValue)/\(totp.digits)/\(totp.periodSeconds)"
    }

    init?(_ row: SQLRow, _ column: Int) {
        guard !row.isNull(column) else { return nil }
        box = row.blob(column)
        form = row.text(column + 1)
    }

    /// - Throws: ``AccountsError/key(_:)`` when it does not open.
    func opened(_ secrets: SecretBox, owner: UUID) throws -> TOTP {
        let parts = form.split(separator: "/")
        guard parts.count == 3, let algorithm = TOTP.Algorithm(rawValue: String(parts[0])),
            let digits = Int(parts[1]), (6...8).contains(digits), let period = Int(parts[2]), period > 0,
            let secret = secrets.open(box, owner: owner.uuidString)
        else {
            throw AccountsError.key(
                "A second factor can't be decrypted: it was altered, or sealed with another key. Reset it.")
        }
        return TOTP(secret: secret, algorithm: algorithm, digits: digits, periodSeconds: period)
    }
}

extension StoredAccount {
    private static let columns = """
        id, login, name, locale, state, must_change, password, password_at, password_until, totp, totp_form, totp_step,
        pending, pending_form, created, changed
        """

    static func find(_ db: SQLConnection, login: LoginName) throws -> StoredAccount? {
        try db.first("SELECT \(columns) FROM account WHERE login = ?", [.text(login.description)], map: read)?
            .withAssignments(db)
    }

    static func find(_ db: SQLConnection, id: UUID) throws -> StoredAccount? {
        try db.first("SELECT \(columns) FROM account WHERE id = ?", [.text(id.uuidString)], map: read)?
            .withAssignments(db)
    }

    /// In the order of their logins, those behind a login.
    static func list(_ db: SQLConnection, after login: String, limit: Int) throws -> [StoredAccount] {
        try db.query(
            "SELECT \(columns) FROM account WHERE login > ? ORDER BY login LIMIT ?", [.text(login), .int(limit)],
            map: read
        ).map { try $0.withAssignments(db) }
    }

    /// The same of those whose login or name holds a text.
    static func list(
        _ db: SQLConnection, matching text: String, after login: String, limit: Int
    ) throws -> [StoredAccount] {
        let plain = text.map { "\\%_".contains($0) ? "\\\($0)" : String($0) }.joined()
        let (typed, folded) = ("%\(plain)%", "%\(LoginName.folded(plain))%")
        return try db.query(
            """
            SELECT \(columns) FROM account WHERE login > ? AND (login LIKE ? ESCAPE '\\' OR name LIKE ? ESCAPE '\\'
                OR lower(name) LIKE ? ESCAPE '\\') ORDER BY login LIMIT ?
            """, [.text(login), .text(folded), .text(typed), .text(folded), .int(limit)], map: read
        ).map { try $0.withAssignments(db) }
    }

    static func find(_ db: SQLConnection, person: String) throws -> [StoredAccount] {
        let ids = try db.query(
            "SELECT DISTINCT account FROM account_role WHERE person = ? ORDER BY account", [.text(person)]
        ) { $0.text(0) }
        return try ids.compactMap { try UUID(uuidString: $0).flatMap { try find(db, id: $0) } }
    }

    private static func read(_ row: SQLRow) throws -> StoredAccount {
        guard let id = UUID(uuidString: row.text(0)), let state = Account.State(rawValue: row.text(4)) else {
            throw damaged
        }
        let account = Account(
            id: id, login: LoginName(stored: row.text(1)), displayName: row.text(2), locale: row.text(3), state: state,
            mustChangePassword: row.int(5) != 0, hasSecondFactor: !row.isNull(9), assignments: [], created: row.int(14),
            changed: row.int(15))
        return StoredAccount(
            account: account, password: row.textOrNil(6).flatMap { PasswordHash($0) }, passwordAt: row.int(7),
            passwordUntil: row.intOrNil(8), factor: StoredFactor(row, 9), pending: StoredFactor(row, 12),
            lastStep: row.intOrNil(11))
    }

    private static let damaged = AccountsError.unavailable("The tables of the accounts are damaged: restore a backup.")

    private func withAssignments(_ db: SQLConnection) throws -> StoredAccount {
        var whole = self
        whole.account.assignments = try db.query(
            """
            SELECT role, duty, person, practitioner_role, organization, level, district, valid_from, valid_until
            FROM account_role WHERE account = ? ORDER BY place
            """, [.text(account.id.uuidString)]
        ) { row in
            guard let role = Role(rawValue: row.text(0)) else { throw Self.damaged }
            return RoleAssignment(
                role, duty: row.textOrNil(1).flatMap { OperatorDuty(rawValue: $0) }, person: row.textOrNil(2),
                practitionerRole: row.textOrNil(3), organization: row.textOrNil(4),
                level: row.textOrNil(5).flatMap { OrganizationLevel(rawValue: $0) }, district: row.textOrNil(6),
                validFrom: row.intOrNil(7), validUntil: row.intOrNil(8))
        }
        whole.account.sensitivities = Set(
            try db.query("SELECT category FROM account_grant WHERE account = ?", [.text(account.id.uuidString)]) {
                $0.text(0)
            })
        return whole
    }

    /// Writes a new account, or all of one that has changed.
    func write(_ db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO account (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET login = excluded.login, name = excluded.name, locale = excluded.locale,
            state = excluded.state, must_change = excluded.must_change, password = excluded.password,
            password_at = excluded.password_at, password_until = excluded.password_until, totp = excluded.totp,
            totp_form = excluded.totp_form, totp_step = excluded.totp_step, pending = excluded.pending,
            pending_form = excluded.pending_form, changed = excluded.changed
            """,
            [
                .text(account.id.uuidString), .text(account.login.description), .text(account.displayName),
                .text(account.locale), .text(account.state.rawValue), .int(account.mustChangePassword ? 1 : 0),
                .optional(password?.text), .integer(passwordAt), .optional(passwordUntil),
                factor.map { .blob($0.box) } ?? .null, .optional(factor?.form), .optional(lastStep),
                pending.map { .blob($0.box) } ?? .null, .optional(pending?.form), .integer(account.created),
                .integer(account.changed),
            ])
    }

    /// Writes the roles in place of the earlier ones.
    func writeAssignments(_ db: SQLConnection) throws {
        let id = SQLValue.text(account.id.uuidString)
        try db.execute("DELETE FROM account_role WHERE account = ?", id)
        for (place, role) in account.assignments.enumerated() {
            try db.execute(
                """
                INSERT INTO account_role (account, place, role, duty, person, practitioner_role, organization, level,
                district, valid_from, valid_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """, id, .int(place), .text(role.role.rawValue), .optional(role.duty?.rawValue), .optional(role.person),
                .optional(role.practitionerRole), .optional(role.organization), .optional(role.level?.rawValue),
                .optional(role.district), .optional(role.validFrom), .optional(role.validUntil))
        }
    }

    /// Writes the sensitive categories in place of the earlier ones.
    func writeSensitivities(_ db: SQLConnection) throws {
        let id = SQLValue.text(account.id.uuidString)
        try db.execute("DELETE FROM account_grant WHERE account = ?", id)
        for category in account.sensitivities.sorted() {
            try db.execute("INSERT INTO account_grant (account, category) VALUES (?, ?)", id, .text(category))
        }
    }

    /// Tells every server to forget what it knows of the account.
    func announce(_ db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO account_change (account, change)
            VALUES (?, (SELECT coalesce(max(change), 0) + 1 FROM account_change))
            ON CONFLICT (account) DO UPDATE SET change = excluded.change
            """, .text(account.id.uuidString))
    }

    // MARK: Earlier passwords

    func earlierPasswords(_ db: SQLConnection, limit: Int) throws -> [PasswordHash] {
        try db.query(
            "SELECT password FROM account_password WHERE account = ? ORDER BY replaced DESC LIMIT ?",
            [.text(account.id.uuidString), .int(limit)]
        ) { PasswordHash($0.text(0)) }.compactMap { $0 }
    }

    /// Takes a password in place of the present one, which joins the earlier ones; only so many of those are kept.
    mutating func replacePassword(_ db: SQLConnection, with new: PasswordHash, at now: Int64, keeping limit: Int) throws
    {
        let id = SQLValue.text(account.id.uuidString)
        if let password {
            try db.execute(
                """
                INSERT INTO account_password (account, replaced, password) VALUES (?,
                (SELECT coalesce(max(replaced), 0) + 1 FROM account_password WHERE account = ?), ?)
                """, id, id, .text(password.text))
            try db.execute(
                """
                DELETE FROM account_password WHERE account = ? AND replaced <=
                (SELECT max(replaced) FROM account_password WHERE account = ?) - ?
                """, id, id, .int(limit))
        }
        password = new
        passwordAt = now
    }

    // MARK: Recovery codes

    func replaceRecoveryCodes(_ db: SQLConnection, with codes: [RecoveryCode]) throws {
        let id = SQLValue.text(account.id.uuidString)
        try db.execute("DELETE FROM account_recovery WHERE account = ?", id)
        for code in codes {
            try db.execute("INSERT INTO account_recovery (account, digest) VALUES (?, ?)", id, .blob(code.digest))
        }
    }

    /// Whether a code was one of those left; it is none any more.
    func use(_ code: RecoveryCode, _ db: SQLConnection) throws -> Bool {
        let values: [SQLValue] = [.text(account.id.uuidString), .blob(code.digest)]
        let found = try db.first("SELECT 1 FROM account_recovery WHERE account = ? AND digest = ?", values) {
            $0.int(0)
        }
        try db.execute("DELETE FROM account_recovery WHERE account = ? AND digest = ?", values)
        return found != nil
    }
}
