public import Accounts
public import SQL

extension SignIn {
    /// The tables that a backup carries: programs, what they were granted, keys, identities. Sign-ins and launches that are
    /// under way are not among them.
    public static let carriedTables = Schema.tables.filter { !["sign_in_launch", "sign_in_pending"].contains($0.name) }

    /// Makes the tables of a place that is to be filled from a backup.
    public static func prepareToFill(_ db: SQLConnection) throws { try Schema.create(db) }

    /// Seals the signing keys of a database with another server key, inside a transaction of the caller's.
    ///
    /// - Parameter random: so many random bytes.
    public static func reseal(
        _ db: SQLConnection, from old: ServerKey, to new: ServerKey, random: (Int) -> [UInt8]
    ) throws {
        try Schema.create(db)
        try SigningKeys.reseal(db, from: old, to: new, random: random)
    }
}
