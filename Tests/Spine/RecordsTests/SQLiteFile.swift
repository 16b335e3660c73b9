import SQL

/// A database file opened beside the store.
struct SQLiteFile {
    private let database: SQLiteDatabase

    init(_ path: String) throws { database = try SQLiteDatabase(path: path) }

    func run(_ script: String) throws {
        try database.write { db in try db.run(script: script) }
        try database.close()
    }
}
