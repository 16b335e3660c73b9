import SQL
import Testing

@Suite("The address of a PostgreSQL database")
struct PostgreSQLAddressTests {
    @Test(
        "beyond this machine needs TLS",
        arguments: [
            ("postgres://u@db.example/x", [:], true), ("postgres://u@db.example/x?sslmode=prefer", [:], true),
            ("postgres://u@db.example/x?sslmode=disable", [:], true), ("postgres://u@10.0.0.1/x", [:], true),
            ("postgres://u@db.example/x?sslmode=require", [:], false),
            ("postgres://u@db.example/x?sslmode=verify-full&schema=s", [:], false),
            ("postgres://u@db.example/x", ["PGSSLMODE": "verify-ca"], false),
            ("postgres://u@db.example/x?sslmode=allow", ["PGSSLMODE": "verify-ca"], true),
            ("postgres:///x", [:], false), ("postgres:///x", ["PGHOST": "db.example"], true),
            ("postgres://u@localhost/x", [:], false), ("postgres://u@127.0.0.1:5433/x", [:], false),
            ("postgres://u@127.0.0.1.evil.example/x", [:], true), ("postgres://u@[::1]/x", [:], false),
            ("postgres://u@%2Fvar%2Frun%2Fpostgresql/x", [:], false),
            ("postgres://u@localhost,db.example/x", [:], true),
            ("postgres://u@localhost/x?hostaddr=10.0.0.1", [:], true),
        ] as [(String, [String: String], Bool)])
    func clear(text: String, environment: [String: String], mayGoInClear: Bool) throws {
        #expect(try PostgreSQLAddress(text).mayGoInClear(environment) == mayGoInClear)
    }
}
