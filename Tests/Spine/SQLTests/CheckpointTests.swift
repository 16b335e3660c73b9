import Foundation
import SQL
import Testing

/// The write-ahead log of SQLite is folded into the file while the writer goes on.
struct CheckpointTests {
    private static let pageBytes = 4096
    private static let logPagesMax = 64

    private func with(_ body: (SQLiteDatabase, _ path: String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("test.db").path
        let database = try SQLiteDatabase(path: path, logPagesMax: Self.logPagesMax)
        defer { try? database.close() }
        try database.write { db in
            try db.createTable("page", columns: ["n INTEGER NOT NULL", "x BLOB"], primaryKey: ["n"])
        }
        try body(database, path)
    }

    /// Rows of a page each, in commits of eight.
    private func write(_ numbers: Range<Int>, _ database: SQLiteDatabase) throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 8) {
            try database.write { db in
                for number in start..<min(start + 8, numbers.upperBound) {
                    try db.execute(
                        "INSERT INTO page (n, x) VALUES (?, ?)", .int(number),
                        .blob([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: Self.pageBytes)))
                }
            }
        }
    }

    private func count(in database: SQLiteDatabase) throws -> Int64? {
        try database.read { db in try db.first("SELECT count(*) FROM page") { $0.int(0) } }
    }

    @Test("a log that has grown long begins anew, and what was in it stands in the file")
    func beginsAnew() throws {
        try with { database, path in
            for round in 0..<12 {
                try write(round * 100..<(round + 1) * 100, database)
                database.checkpointed()
            }
            let log = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
            // Twelve times as much was written; some comes while the log is folded in.
            #expect(log < 6 * 100 * Self.pageBytes)
            // The file by itself holds nearly all, so that little has to be read from the log after a crash.
            let alone = path + "-alone"
            try FileManager.default.copyItem(atPath: path, toPath: alone)
            let copied = try SQLiteDatabase(path: alone)
            let found = try count(in: copied) ?? 0
            try copied.close()
            #expect(found >= 1000)
            #expect(try count(in: database) == 1200)
        }
    }

    @Test("a reader sees its own state to the end, and holds nobody up")
    func readerStays() throws {
        try with { database, _ in
            try write(0..<100, database)
            let seen = try database.read { db throws in
                let before = try db.first("SELECT count(*) FROM page") { $0.int(0) }
                try write(100..<1000, database)
                database.checkpointed()
                return [before, try db.first("SELECT count(*) FROM page") { $0.int(0) }]
            }
            #expect(seen == [100, 100])
            try write(1000..<1100, database)
            database.checkpointed()
            #expect(try count(in: database) == 1100)
        }
    }
}
