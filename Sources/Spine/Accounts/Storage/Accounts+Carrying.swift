public import SQL

extension Accounts {
    /// The tables that a backup carries. Sessions and failed attempts are not among them: at a restored place everybody signs
    /// in anew.
    public static let carriedTables = Schema.tables.filter {
        !["account_session", "account_attempt"].contains($0.name)
    }

    /// Makes the tables of a place that is to be filled from a backup.
    ///
    /// - Parameter replacing: whether accounts that are there already are what an interrupted filling has left.
    /// - Throws: ``AccountsError/unavailable(_:)`` when there are accounts already.
    public static func prepareToFill(_ db: SQLConnection, replacing: Bool = false) throws {
        try Schema.makeTables(db)
        if replacing { return }
        guard try db.first("SELECT count(*) FROM account", map: { $0.int(0) }) ?? 0 == 0 else {
            throw AccountsError.unavailable("There are accounts already at the place that is to be filled.")
        }
    }
}
