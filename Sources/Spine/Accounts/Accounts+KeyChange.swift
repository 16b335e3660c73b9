import Foundation
public import SQL

extension Accounts {
    /// Seals everything of a database that is sealed with the server key with another one, in one transaction: second
    /// factors stay good. Counts of failed attempts are forgotten, since their names stand there by the key; open forms have
    /// to be loaded again. No server may have the database open.
    ///
    /// - Parameters:
    ///   - database: the database of accounts.
    ///   - old: the key until now.
    ///   - new: the key from now on.
    ///   - options: clock, randomness, and what records the change.
    ///   - others: seals in the same transaction what others keep in the database.
    /// - Returns: false when the database has the new key already: an earlier change ended before its file was put in place.
    /// - Throws: ``AccountsError``: `key` when the old one is not the database's, `unavailable`.
    public static func changeKey(
        of database: any SQLDatabase, from old: ServerKey, to new: ServerKey, options: AccountsOptions,
        others: (SQLConnection) throws -> Void = { _ in }
    ) throws(AccountsError) -> Bool {
        let (from, to) = (SecretBox(key: old.derived("second factor")), SecretBox(key: new.derived("second factor")))
        let tell = AccountTelling(record: options.recording(), now: options.now, address: nil)
        do {
            return try database.write { db in
                let known = try db.first("SELECT value FROM account_setting WHERE name = 'key'") { $0.text(0) }
                if known == new.check { return false }
                guard known == old.check else {
                    throw AccountsError.key("The accounts were made with another server key than that of the file.")
                }
                for (column, form) in [("totp", "totp_form"), ("pending", "pending_form")] {
                    let rows = try db.query("SELECT id, \(column) FROM account WHERE \(form) IS NOT NULL") {
                        (id: $0.text(0), box: $0.blob(1))
                    }
                    for row in rows {
                        guard let secret = from.open(row.box, owner: row.id) else {
                            throw AccountsError.key("A second factor can't be decrypted. Reset it first.")
                        }
                        try db.execute(
                            "UPDATE account SET \(column) = ? WHERE id = ?",
                            .blob(to.seal(secret, owner: row.id, nonce: options.random(12))), .text(row.id))
                    }
                }
                try db.execute("DELETE FROM account_attempt")
                try others(db)
                try db.execute("UPDATE account_setting SET value = ? WHERE name = 'key'", .text(new.check))
                try tell(.serverKeyChanged, nil, in: db)
                return true
            }
        } catch {
            throw AccountsError(translating: error)
        }
    }
}

extension ServerKey {
    /// By what a database knows its key.
    var check: String { Hex.encode(derived("check").prefix(8)) }

    /// The key that is to replace the one of a file: in a file beside it, which an interrupted change has left there, or is
    /// made now.
    public init(replacing path: String) throws(AccountsError) { try self.init(file: path + ".new") }

    /// Puts the new key in the place of the old one, which is kept under the name `….old` for the backups that need it.
    public static func replace(_ path: String) throws(AccountsError) {
        let (old, new) = (path + ".old", path + ".new")
        unlink(old)
        guard link(path, old) == 0, rename(new, path) == 0 else {
            throw .key("The new key stands in \(new), and could not be put in the place of \(path): move it there.")
        }
    }
}
