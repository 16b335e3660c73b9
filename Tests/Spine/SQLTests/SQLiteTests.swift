import Foundation
import SQL
import Testing

@Suite struct SQLiteTests {
    private func database() throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path: nil)
        try database.write { db in
            try db.createTable("pair", columns: ["a INTEGER NOT NULL", "b TEXT"], primaryKey: ["a"])
        }
        return database
    }

    @Test("values of every kind come back as they went in")
    func values() throws {
        let database = try SQLiteDatabase(path: nil)
        let values: [SQLValue] = [
            .integer(.max), .integer(.min), .real(0.1), .text("健康大脑 \u{1F9E0}"), .text(""), .blob([0, 1, 255]),
            .blob([]), .null,
        ]
        for value in values {
            try database.read { db in
                try db.rows("SELECT ?", [value]) { row in
                    switch value {
                    case .integer(let integer): #expect(row.int(0) == integer)
                    case .real(let real): #expect(row.real(0) == real)
                    case .text(let text): #expect(row.text(0) == text)
                    case .blob(let bytes): #expect(row.blob(0) == bytes)
                    case .null: #expect(row.isNull(0) && row.intOrNil(0) == nil && row.textOrNil(0) == nil)
                    }
                }
            }
        }
    }

    @Test("each commit of a file is synced to the disk")
    func synchronous() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "sqlite-\(UUID().uuidString).db").path()
        defer { for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + ending) } }
        let database = try SQLiteDatabase(path: path)
        let (level, journal) = try database.write { db in
            (try db.first("PRAGMA synchronous") { $0.int(0) }, try db.first("PRAGMA journal_mode") { $0.text(0) })
        }
        // 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
        #expect(level == 2 && journal == "wal")
    }

    @Test("a transaction that throws leaves nothing")
    func rollback() throws {
        struct Stop: Error {}
        let database = try database()
        #expect(throws: Stop.self) {
            try database.write { db in
                try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x")
                throw Stop()
            }
        }
        #expect(try database.read { db in try db.first("SELECT count(*) FROM pair") { $0.int(0) } } == 0)
    }

    @Test("a savepoint that throws undoes its own work alone")
    func savepoint() throws {
        struct Stop: Error {}
        let database = try database()
        try database.write { db in
            try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x")
            #expect(throws: Stop.self) {
                try db.savepoint {
                    try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 2, "y")
                    throw Stop()
                }
            }
        }
        #expect(try database.read { db in try db.query("SELECT a FROM pair") { $0.int(0) } } == [1])
    }

    @Test("faults say their kind and never the values")
    func faults() throws {
        let database = try database()
        try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "王秀英") }
        do {
            try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "王秀英") }
            Issue.record("a second row of the same key was taken")
        } catch let error as SQLError {
            #expect(error.reason == .constraint)
            #expect(!error.description.contains("王秀英"))
        }
        #expect(throws: SQLError.self) { try database.read { db in try db.query("SELEC 1") { $0.int(0) } } }
    }

    @Test("a statement in use can be used again inside itself")
    func nested() throws {
        let database = try database()
        try database.write { db in
            for number in 1...3 { try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", .int(number), "x") }
            var pairs = 0
            try db.rows("SELECT a FROM pair") { _ in try db.rows("SELECT a FROM pair") { _ in pairs += 1 } }
            #expect(pairs == 9)
        }
    }
}

@Suite struct ClosingTests {
    @Test("a closed database refuses every use, in memory and on disk", arguments: [nil, "closing.db"])
    func closed(name: String?) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: name.map { folder.appendingPathComponent($0).path })
        #expect(try database.readOnce { db in try db.first("SELECT 1") { $0.int(0) } } == 1)
        try database.close()
        try database.close()
        #expect(throws: SQLError.self) { try database.read { db in try db.first("SELECT 1") { $0.int(0) } } }
        #expect(throws: SQLError.self) { try database.readOnce { db in try db.first("SELECT 1") { $0.int(0) } } }
        #expect(throws: SQLError.self) { try database.write { db in try db.run(script: "SELECT 1") } }
    }
}
