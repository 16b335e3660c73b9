import Foundation
import SQL
import Testing

/// Readers keep the file in memory while others write into it.
struct MappingTests {
    private static let pageBytes = 4096

    @Test("who reads sees each commit, of pages that are written over and of such that the file grows by")
    func followsTheWriter() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let database = try SQLiteDatabase(path: folder.appendingPathComponent("test.db").path, logPagesMax: 64)
        defer { try? database.close() }
        try database.write { db in
            try db.createTable(
                "page", columns: ["n INTEGER NOT NULL", "round INTEGER NOT NULL", "x BLOB"], primaryKey: ["n"])
        }
        func sums(_ db: SQLConnection) throws -> [Int64]? {
            try db.first("SELECT count(*), sum(round), sum(length(x)) FROM page") { [$0.int(0), $0.int(1), $0.int(2)] }
        }
        // More commits than pass until the file is mapped anew.
        var rounds: [Int: Int] = [:]
        for round in 0..<600 {
            let numbers = [round, round / 2, round / 3]
            for number in numbers { rounds[number] = round }
            try database.writeAside { db in
                for number in numbers {
                    try db.execute(
                        """
                        INSERT INTO page (n, round, x) VALUES (?, ?, ?)
                        ON CONFLICT (n) DO UPDATE SET round = excluded.round, x = excluded.x
                        """, .int(number), .int(round),
                        .blob([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: Self.pageBytes)))
                }
            }
            if round % 50 == 0 { database.checkpointed() }
            let wanted = [rounds.count, rounds.values.reduce(0, +), rounds.count * Self.pageBytes].map(Int64.init)
            #expect(try database.read { try sums($0) } == wanted)
            #expect(try database.readOnce { try sums($0) } == wanted)
        }
        let last = try database.readOnce { db in
            try db.query("SELECT n, round, x FROM page") { ($0.int(0), $0.int(1), $0.blob(2)) }
        }
        for (_, round, bytes) in last { #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: round) }) }
    }

    @Test("a database in memory has nothing to map")
    func inMemory() throws {
        let database = try SQLiteDatabase(path: nil)
        try database.write { db in try db.run(script: "CREATE TABLE t (a); INSERT INTO t VALUES (7)") }
        #expect(try database.readOnce { db in try db.first("SELECT a FROM t") { $0.int(0) } } == 7)
        try database.close()
    }
}
