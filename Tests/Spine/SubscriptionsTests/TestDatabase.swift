import Foundation
import Records
import SQL

/// A database in memory, or with `HEALTHBRAIN_TEST_STORES=postgres` a schema of its own in the PostgreSQL of
/// `Scripts/with-postgres`.
func testDatabase() throws -> RecordDatabase {
    let environment = ProcessInfo.processInfo.environment
    guard environment["HEALTHBRAIN_TEST_STORES"] == "postgres" else { return .sqlite(path: nil) }
    let whole = try PostgreSQLAddress(environment["HEALTHBRAIN_TEST_POSTGRES"] ?? "")
    return .postgreSQL(whole.with(schema: "test_" + UUID().uuidString.lowercased()))
}
