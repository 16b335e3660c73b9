import Foundation
import SQL
import Testing

/// The databases that the same tests run on.
enum TestDatabase: String, CaseIterable, CustomTestStringConvertible {
    case sqliteInMemory, sqlite, postgreSQL

    var testDescription: String { rawValue }

    /// Those that are there: PostgreSQL where `Scripts/with-postgres` runs the tests.
    static var available: [TestDatabase] {
        postgreSQLURL == nil ? [.sqliteInMemory, .sqlite] : [.sqliteInMemory, .sqlite, .postgreSQL]
    }

    static var postgreSQLURL: String? { ProcessInfo.processInfo.environment["HEALTHBRAIN_TEST_POSTGRES"] }

    /// An empty database, gone at the end.
    func with<T>(_ body: (any SQLDatabase) throws -> T) throws -> T {
        switch self {
        case .sqliteInMemory:
            let database = try SQLiteDatabase(path: nil)
            defer { try? database.close() }
            return try body(database)
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let database = try SQLiteDatabase(path: folder.appendingPathComponent("test.db").path)
            defer { try? database.close() }
            return try body(database)
        case .postgreSQL:
            return try withPostgreSQL { address throws in
                let database = try PostgreSQLDatabase(address)
                defer { try? database.close() }
                return try body(database)
            }
        }
    }
}

/// A schema of its own in the PostgreSQL of the tests, gone at the end.
func withPostgreSQL<T>(_ body: (PostgreSQLAddress) throws -> T) throws -> T {
    let whole = try PostgreSQLAddress(TestDatabase.postgreSQLURL ?? "")
    let address = whole.with(schema: "test_" + UUID().uuidString.lowercased())
    defer {
        let keeper = try? PostgreSQLDatabase(whole)
        try? keeper?.write { db in try db.run(script: "DROP SCHEMA IF EXISTS \"\(address.schema)\" CASCADE") }
        try? keeper?.close()
    }
    return try body(address)
}
