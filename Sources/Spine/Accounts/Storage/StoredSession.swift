import Foundation
import SQL

extension Session {
    private static let columns = "id, account, stage, created, seen, expires, idle, device, address, factor"

    /// The session of a digest, be it over or not.
    static func find(_ db: SQLConnection, _ digest: [UInt8]) throws -> Session? {
        try db.first("SELECT \(columns) FROM account_session WHERE digest = ?", [.blob(digest)], map: read) ?? nil
    }

    /// The sessions of an account that are alive, the last used first.
    static func list(_ db: SQLConnection, of account: UUID, at now: Int64) throws -> [Session] {
        try db.query(
            "SELECT \(columns) FROM account_session WHERE account = ? ORDER BY seen DESC, created DESC, id",
            [.text(account.uuidString)], map: read
        ).compactMap { $0 }.filter { $0.isAlive(at: now) }
    }

    private static func read(_ row: SQLRow) -> Session? {
        guard let id = UUID(uuidString: row.text(0)), let account = UUID(uuidString: row.text(1)),
            let stage = Stage(rawValue: row.int(2))
        else { return nil }
        return Session(
            id: id, accountID: account, stage: stage, created: row.int(3), seen: row.int(4), expires: row.int(5),
            idleMilliseconds: row.int(6), device: row.text(7), address: row.text(8), secondFactorAt: row.intOrNil(9))
    }

    func insert(_ db: SQLConnection, _ digest: [UInt8]) throws {
        try db.execute(
            "INSERT INTO account_session (digest, \(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .blob(digest), .text(id.uuidString), .text(accountID.uuidString), .integer(stage.rawValue),
            .integer(created), .integer(seen), .integer(expires), .integer(idleMilliseconds), .text(device),
            .text(address), .optional(secondFactorAt))
    }

    static func end(_ db: SQLConnection, digest: [UInt8]) throws {
        try db.execute("DELETE FROM account_session WHERE digest = ?", .blob(digest))
    }

    static func end(_ db: SQLConnection, _ id: UUID) throws {
        try db.execute("DELETE FROM account_session WHERE id = ?", .text(id.uuidString))
    }

    static func endAll(_ db: SQLConnection, of account: UUID, except kept: UUID? = nil) throws {
        try db.execute(
            "DELETE FROM account_session WHERE account = ? AND id <> ?", .text(account.uuidString),
            .text(kept?.uuidString ?? ""))
    }

    /// Removes what is over by its clock.
    static func sweep(_ db: SQLConnection, at now: Int64) throws {
        try db.execute("DELETE FROM account_session WHERE expires <= ?", .integer(now))
    }
}
