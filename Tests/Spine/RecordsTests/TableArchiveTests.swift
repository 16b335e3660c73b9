import Foundation
import Records
import SQL
import Testing

@Suite("Tables in a file")
struct TableArchiveTests {
    private static let table = SQLTable(
        "carried", ["id INTEGER NOT NULL", "name TEXT", "weight REAL", "content BLOB"], primaryKey: ["id"])
    private static let other = SQLTable("other", ["key TEXT NOT NULL"], primaryKey: ["key"])
    private static let absent = SQLTable("absent", ["key TEXT NOT NULL"], primaryKey: ["key"])

    private static let rows = (0..<3000).map { row($0) }

    private static func row(_ number: Int) -> [SQLValue] {
        let id = Int64(number) + (number % 3 == 0 ? Int64.min : 0)
        let name = number % 2 == 0 ? "" : "居民 \(number)"
        let content = (0..<number % 40).map { UInt8(truncatingIfNeeded: $0 * 37 + number) }
        return [
            .integer(id), number % 5 == 0 ? .null : .text(name),
            number % 7 == 0 ? .null : .real(Double(number) / 3 - 100), number % 11 == 0 ? .null : .blob(content),
        ]
    }

    private func withPlace(_ body: (SQLiteDatabase, String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: nil)
        try database.write { db in
            for table in [Self.table, Self.other] { try table.create(in: db) }
            for row in Self.rows { try Self.table.insert(row, in: db) }
            try Self.other.insert(["one"], in: db)
        }
        try body(database, folder.appendingPathComponent("all.house").path)
        try database.close()
    }

    @Test("come back as they were, in place of what was there; those that are not there count as empty")
    func roundTrip() throws {
        try withPlace { database, path in
            let tables = [Self.table, Self.absent, Self.other]
            let summary = try TableArchive.write([(database, tables)], to: path)
            #expect(summary.rows == ["carried": 3000, "other": 1, "absent": 0])
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(try TableArchive.check(path) == summary)
            let target = try SQLiteDatabase(path: nil)
            for _ in 0..<2 {
                try TableArchive.restore(path, tables: [Self.table, Self.other], into: target) { db in
                    for table in [Self.table, Self.other] { try table.create(in: db) }
                }
                var found: [[SQLValue]] = []
                try target.read { db in try Self.table.rows(in: db) { found.append($0) } }
                var expected: [[SQLValue]] = []
                try database.read { db in try Self.table.rows(in: db) { expected.append($0) } }
                #expect(found == expected && found.count == 3000)
                #expect(try target.read { db in try Self.other.count(in: db) } == 1)
            }
            try target.close()
        }
    }

    @Test("are refused when any byte of them is another, or the end is missing")
    func damage() throws {
        try withPlace { database, path in
            let summary = try TableArchive.write([(database, [Self.table])], to: path)
            let whole = try Data(contentsOf: URL(filePath: path))
            for place in stride(from: 0, to: whole.count, by: max(1, whole.count / 300)) {
                var bent = whole
                bent[place] ^= 0x21
                try bent.write(to: URL(filePath: path))
                // What stands in the head of a frame and means nothing may be another.
                if let found = try? TableArchive.check(path) { #expect(found == summary, "byte \(place)") }
                try whole.prefix(place).write(to: URL(filePath: path))
                #expect(throws: RecordsError.self) { try TableArchive.check(path) }
            }
        }
    }

    @Test("are refused by a program whose table has other columns, and nothing is changed")
    func columns() throws {
        try withPlace { database, path in
            _ = try TableArchive.write([(database, [Self.other])], to: path)
            let changed = SQLTable("other", ["key TEXT NOT NULL", "more TEXT"], primaryKey: ["key"])
            #expect(throws: RecordsError.self) {
                try TableArchive.restore(path, tables: [changed], into: database) { _ in }
            }
            #expect(try database.read { db in try Self.other.count(in: db) } == 1)
        }
    }
}
