import SQL

/// The tables of a store, opened beside it.
struct StoredTables {
    private let database: any SQLDatabase

    init(_ path: String) throws {
        database =
            TestStores.isPostgreSQL
            ? try PostgreSQLDatabase(TestStores.address(path)) : try SQLiteDatabase(path: path)
    }

    func execute(_ sql: String, _ values: SQLValue...) throws {
        try database.write { db in try db.execute(sql, values) }
        try database.close()
    }
}
