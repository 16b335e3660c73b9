import Foundation
import SQL
import Testing

@Suite struct DatabaseTests {
    private func with<T>(_ kind: TestDatabase, _ body: (any SQLDatabase) throws -> T) throws -> T {
        try kind.with { database throws in
            try database.write { db throws in
                try db.createTable("pair", columns: ["a INTEGER NOT NULL", "b TEXT"], primaryKey: ["a"])
            }
            return try body(database)
        }
    }

    private func count(_ database: any SQLDatabase) throws -> Int64? {
        try database.read { db in try db.first("SELECT count(*) FROM pair") { $0.int(0) } }
    }

    @Test("values of every kind come back as they went in", arguments: TestDatabase.available)
    func values(kind: TestDatabase) throws {
        let columns: [(String, [SQLValue])] = [
            ("INTEGER", [.integer(.max), .integer(.min), .integer(0), .null]),
            ("REAL", [.real(0.1), .real(-1e300), .real(0), .null]),
            ("TEXT", [.text("健康大脑 \u{1F9E0}"), .text(""), .text("a'b\\"), .null]),
            ("BLOB", [.blob([0, 1, 255]), .blob([]), .null]),
        ]
        try kind.with { database throws in
            for (type, values) in columns {
                try database.write { db throws in
                    try db.createTable(
                        "t_\(type)", columns: ["n INTEGER NOT NULL", "v \(type)"], primaryKey: ["n"])
                    for (n, value) in values.enumerated() {
                        try db.execute("INSERT INTO t_\(type) (n, v) VALUES (?, ?)", .int(n), value)
                    }
                }
                let found = try database.read { db throws in
                    try db.query("SELECT v FROM t_\(type) ORDER BY n") { row -> SQLValue in
                        if row.isNull(0) { return .null }
                        switch type {
                        case "INTEGER": return .integer(row.int(0))
                        case "REAL": return .real(row.real(0))
                        case "TEXT": return .text(row.text(0))
                        default: return .blob(row.blob(0))
                        }
                    }
                }
                #expect(found == values)
            }
        }
    }

    @Test("sums, counts and truths are integers", arguments: TestDatabase.available)
    func aggregates(kind: TestDatabase) throws {
        try with(kind) { database throws in
            try database.write { db throws in
                for number in [5, 10_000, 123_456_789_012] {
                    try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", .int(number), "x")
                }
            }
            let found = try database.readOnce { db throws in
                try db.first("SELECT sum(a), -sum(a), count(*), max(a), min(a) = 5, avg(a) FROM pair") { row in
                    ((0..<5).map { row.int($0) }, row.real(5))
                }
            }
            #expect(found?.0 == [123_456_799_017, -123_456_799_017, 3, 123_456_789_012, 1])
            #expect(found?.1 == 41_152_266_339)
        }
    }

    @Test("what is synced after it was written is there for others", arguments: TestDatabase.available)
    func writesThenSyncs(kind: TestDatabase) throws {
        try with(kind) { database throws in
            var isSeen = false
            let result = try database.writeThenSync(
                { db throws in
                    try db.execute("INSERT INTO pair (a, b) VALUES (1, 'x')")
                    return "done"
                }, seen: { isSeen = (try? count(database)) == 1 })
            #expect(result == "done")
            #expect(isSeen, "it is told before others see it")
            #expect(try count(database) == 1)
            // A fault undoes it, as in any write.
            #expect(throws: SQLError.self) {
                try database.writeThenSync(
                    { db throws in
                        try db.execute("INSERT INTO pair (a, b) VALUES (2, 'y')")
                        try db.execute("INSERT INTO pair (a, b) VALUES (1, 'z')")
                    }, seen: { isSeen = false })
            }
            #expect(isSeen, "what was undone is told")
            #expect(try count(database) == 1)
        }
    }

    @Test("text is ordered by its bytes", arguments: TestDatabase.available)
    func order(kind: TestDatabase) throws {
        try with(kind) { database throws in
            let words = ["b", "B", "a", "A", "é", "z", "王", "a-b", "ab", "_", ""]
            try database.write { db throws in
                for (n, word) in words.enumerated() {
                    try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", .int(n), .text(word))
                }
            }
            let found = try database.read { db throws in
                (
                    try db.query("SELECT b FROM pair ORDER BY b") { $0.text(0) },
                    try db.query("SELECT b FROM pair WHERE b >= ? AND b < ? ORDER BY b", ["a", "b"]) { $0.text(0) }
                )
            }
            #expect(found.0 == words.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
            #expect(found.1 == ["a", "a-b", "ab"])
        }
    }

    @Test("a transaction that throws leaves nothing", arguments: TestDatabase.available)
    func rollback(kind: TestDatabase) throws {
        struct Stop: Error {}
        try with(kind) { database throws in
            #expect(throws: Stop.self) {
                try database.write { db throws in
                    try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x")
                    throw Stop()
                }
            }
            #expect(try count(database) == 0)
        }
    }

    @Test("a savepoint that throws undoes its own work alone", arguments: TestDatabase.available)
    func savepoint(kind: TestDatabase) throws {
        struct Stop: Error {}
        try with(kind) { database throws in
            try database.write { db throws in
                try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x")
                #expect(throws: Stop.self) {
                    try db.savepoint {
                        try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 2, "y")
                        throw Stop()
                    }
                }
                // A fault of the database inside does no more harm than one of ours.
                #expect(throws: SQLError.self) {
                    try db.savepoint { try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "z") }
                }
                try db.savepoint { try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 3, "z") }
            }
            #expect(try database.read { db in try db.query("SELECT a FROM pair ORDER BY a") { $0.int(0) } } == [1, 3])
        }
    }

    @Test("faults say their kind and never the values", arguments: TestDatabase.available)
    func faults(kind: TestDatabase) throws {
        try with(kind) { database throws in
            try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "王秀英") }
            do {
                try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "王秀英") }
                Issue.record("a second row of the same key was taken")
            } catch let error as SQLError {
                #expect(error.reason == .constraint)
                #expect(error.sql?.hasPrefix("INSERT INTO pair") == true)
                #expect(!error.description.contains("王秀英"))
            }
            #expect(throws: SQLError.self) { try database.read { db in try db.query("SELEC 1") { $0.int(0) } } }
            #expect(try count(database) == 1)
        }
    }

    @Test("a write that goes on after a fault of the database is undone whole, or goes on whole")
    func swallowed() throws {
        // SQLite undoes the statement alone; PostgreSQL gives the whole transaction up and must say so.
        for kind in TestDatabase.available {
            try with(kind) { database throws in
                var error: SQLError?
                do {
                    try database.write { db throws in
                        try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x")
                        try? db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "y")
                    }
                } catch let fault as SQLError { error = fault }
                #expect(try count(database) == (error == nil ? 1 : 0))
            }
        }
    }

    @Test("a statement in use can be used again inside itself", arguments: TestDatabase.available)
    func nested(kind: TestDatabase) throws {
        try with(kind) { database throws in
            try database.write { db throws in
                for number in 1...3 { try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", .int(number), "x") }
                var pairs = 0
                try db.rows("SELECT a FROM pair") { _ in try db.rows("SELECT a FROM pair") { _ in pairs += 1 } }
                #expect(pairs == 9)
            }
        }
    }

    @Test(
        "many rows are written and deleted at once, and those that are there already passed over",
        arguments: TestDatabase.available)
    func bulk(kind: TestDatabase) throws {
        try kind.with { database throws in
            let count = 25_000
            func columns(_ rows: Range<Int>) -> [SQLColumn] {
                [
                    .integers("i", rows.map { Int64($0) * 7 - 3 }), .reals("r", rows.map { Double($0) / 3 }),
                    .texts("t", rows.map { "王\($0 % 10)" }), .blobs("b", rows.map { [UInt8($0 % 251), 0] }),
                ]
            }
            try database.write { db throws in
                try db.createTable(
                    "many", columns: ["i INTEGER NOT NULL", "r REAL NOT NULL", "t TEXT NOT NULL", "b BLOB NOT NULL"],
                    primaryKey: ["i", "r", "t", "b"])
                try db.insert(into: "many", columns: columns(0..<10))
                try db.insert(into: "many", columns: columns(0..<count))
                try db.insert(into: "many", columns: columns(5..<5))
            }
            func sums() throws -> [Int64]? {
                try database.read { db throws in
                    try db.first("SELECT count(*), sum(i), sum(length(t)), sum(length(b)) FROM many") { row in
                        (0..<4).map { row.int($0) }
                    }
                }
            }
            let all = (0..<count).reduce(Int64(0)) { $0 + Int64($1) * 7 - 3 }
            #expect(try sums() == [Int64(count), all, Int64(2 * count), Int64(2 * count)])
            #expect(
                try database.read { db throws in
                    try db.first("SELECT r, t, b FROM many WHERE i = ?", [4]) { ($0.real(0), $0.text(1), $0.blob(2)) }
                }.map { $0 == (1.0 / 3, "王1", [1, 0]) } == true)
            try database.write { db in try db.delete(from: "many", columns: columns(10..<count + 10)) }
            #expect(try sums()?[0] == 10)
        }
    }

    @Test("a character of value zero in text harms nobody, and is found again", arguments: TestDatabase.available)
    func zero(kind: TestDatabase) throws {
        try with(kind) { database throws in
            try database.write { db throws in
                try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "a\0b")
                try db.insert(into: "pair", columns: [.integers("a", [2]), .texts("b", ["c\0d"])])
            }
            for (number, text) in [(1, "a\0b"), (2, "c\0d")] {
                let found = try database.read { db throws in
                    try db.query("SELECT a FROM pair WHERE b = ?", [.text(text)]) { $0.int(0) }
                }
                #expect(found == [Int64(number)])
            }
        }
    }

    @Test(
        "reads stand on one snapshot while others write",
        arguments: TestDatabase.available.filter { $0 != .sqliteInMemory })
    func snapshot(kind: TestDatabase) throws {
        try with(kind) { database throws in
            try database.read { db throws in
                let before = try db.first("SELECT count(*) FROM pair") { $0.int(0) }
                try database.write { db in try db.execute("INSERT INTO pair (a, b) VALUES (?, ?)", 1, "x") }
                #expect(try db.first("SELECT count(*) FROM pair") { $0.int(0) } == before)
            }
            #expect(try count(database) == 1)
        }
    }

    @Test("a key that the database numbers by itself goes on from one", arguments: TestDatabase.available)
    func numbered(kind: TestDatabase) throws {
        try kind.with { database throws in
            try database.write { db throws in
                try db.run(script: "CREATE TABLE kind (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)")
                for text in ["x", "y"] { try db.execute("INSERT INTO kind (text) VALUES (?)", .text(text)) }
            }
            #expect(
                try database.read { db in try db.query("SELECT id FROM kind ORDER BY id") { $0.int(0) } } == [1, 2])
        }
    }

    @Test("a small write aside is there at once", arguments: TestDatabase.available)
    func aside(kind: TestDatabase) throws {
        try with(kind) { database throws in
            let number = try database.writeAside { db throws in
                try db.first("INSERT INTO pair (a, b) VALUES (?, ?) RETURNING a", [7, "x"]) { $0.int(0) }
            }
            #expect(number == 7)
            #expect(try count(database) == 1)
        }
    }
}

@Suite struct SQLiteTests {
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

    @Test("a database that is closed under those who use it lets them end, and refuses the rest", arguments: 0..<20)
    func closedInUse(seed: Int) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("used.db").path
        let database = try SQLiteDatabase(path: seed % 2 == 0 ? nil : path)
        try database.write { db in try db.run(script: "CREATE TABLE t (i INTEGER PRIMARY KEY, words TEXT)") }
        let words = String(repeating: "字", count: 200)
        // Threads of their own: those of the tasks are few, and these wait for each other.
        let (ends, ended) = AsyncStream.makeStream(of: (any Error).self)
        for user in 0..<4 {
            Thread.detachNewThread {
                do {
                    while true {
                        if user % 2 == 0 {
                            try database.write { db in
                                try db.execute("INSERT INTO t (words) VALUES (?)", .text(words))
                            }
                        } else {
                            let read = try database.read { db in
                                try db.query("SELECT words FROM t LIMIT 50") { $0.text(0) }
                            }
                            #expect(read.allSatisfy { $0 == words })
                        }
                    }
                } catch { ended.yield(error) }
            }
        }
        // So does the one that closes: a task might be left waiting while the others write on and on.
        let closing = Thread {
            Thread.sleep(forTimeInterval: Double(2 + seed) / 1000)
            do { try database.close() } catch { ended.yield(error) }
        }
        closing.start()
        var seen = 0
        for await error in ends {
            #expect((error as? SQLError)?.reason == .closed, "\(error)")
            seen += 1
            if seen == 4 { break }
        }
    }
}
