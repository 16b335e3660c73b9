import Foundation
import SQL
import Testing

@Suite("A database of somebody else")
struct ForeignDatabaseTests {
    private func rows(
        _ address: String, _ sql: String, _ values: [String: String] = [:], max: Int = .max
    ) throws -> (columns: [String], rows: [[String?]]) {
        var (columns, rows) = ([String](), [[String?]]())
        try ForeignDatabase(address).rows(sql, values) {
            columns = $0
        } row: { values in
            rows.append(values)
            return rows.count < max
        }
        return (columns, rows)
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("his.db").path
        let database = try SQLiteDatabase(path: path)
        try database.write { db in
            try db.run(script: "CREATE TABLE lab (id INTEGER, name TEXT, at TEXT)")
            for id in 1...3 {
                try db.execute("INSERT INTO lab VALUES (?, ?, ?)", .int(id), .text("王\(id)"), .text("t\(id)"))
            }
            try db.execute("INSERT INTO lab VALUES (4, NULL, 't4')")
        }
        try database.close()
        try body(path)
    }

    @Test("gives columns and rows as text, by named values")
    func reads() throws {
        try withFile { path in
            let found = try rows(path, "SELECT id, name FROM lab WHERE at >= :since ORDER BY at", ["since": "t3"])
            #expect(found.columns == ["id", "name"])
            #expect(found.rows == [["3", "王3"], ["4", nil]])
            let last = try rows(path, "SELECT id FROM lab WHERE id > :since", ["since": "3"])
            #expect(last.rows == [["4"]])
            let two = try rows(path, "SELECT id FROM lab ORDER BY id", max: 2)
            #expect(two.rows.count == 2)
        }
    }

    @Test("changes nothing", arguments: ["DELETE FROM lab", "DROP TABLE lab", "SELEKT"])
    func refuses(sql: String) throws {
        try withFile { path in
            #expect(throws: SQLError.self) { try rows(path, sql) }
            let all = try rows(path, "SELECT * FROM lab")
            #expect(all.rows.count == 4)
        }
        #expect(throws: SQLError.self) { try rows("/nowhere/his.db", "SELECT 1") }
    }

    @Test("asks PostgreSQL too, read-only", .enabled(if: TestDatabase.postgreSQLURL != nil, "no PostgreSQL"))
    func postgreSQL() throws {
        let url = TestDatabase.postgreSQLURL ?? ""
        let sql = """
            -- :since is not a value here
            SELECT n::text AS n, ':since' AS "a:since", $q$ $q$ || :since FROM generate_series(1, 5) AS n WHERE n >= :since::int
            """
        let found = try rows(url, sql, ["since": "4"])
        #expect(found.columns == ["n", "a:since", "?column?"])
        #expect(found.rows == [["4", ":since", " 4"], ["5", ":since", " 4"]])
        #expect(throws: SQLError.self) { try rows(url, "CREATE TABLE made_by_a_query (a int)") }
        #expect(throws: SQLError.self) { try rows(url, "SELECT 1 / 0") }
    }
}
