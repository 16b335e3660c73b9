import AuditLog
import Foundation
import SQL
import Testing

@Suite("Tampering with the log")
struct TamperingTests {
    private static let key = Result { try AuditSigningKey(name: "city.example/audit", seed: Array(0..<32)) }

    /// A log of some blocks with checkpoints here and there.
    private func fill(_ database: any SQLDatabase, _ generator: inout SeededGenerator) throws -> AuditCheckpoint {
        let key = try Self.key.get()
        var left = Int.random(in: 300...1200, using: &generator)
        while left > 0 {
            let count = min(left, [1, 2, 40, 300].randomElement(using: &generator) ?? 1)
            left -= count
            let entries = Entries.day(count, seed: generator.next())
            try database.write { db throws in
                try AuditTrail.append(entries, in: db)
                if left == 0 || Int.random(in: 0..<4, using: &generator) == 0 {
                    try AuditTrail.keepCheckpoint(in: db, at: 0, key: key)
                }
            }
        }
        let note = try database.read { db in try AuditTrail.checkpoint(in: db, key: key) }
        return try #require(note.checkpoint(signedBy: key.publicKey))
    }

    private func verify(_ database: any SQLDatabase, _ kept: AuditCheckpoint? = nil) throws -> AuditReport {
        try AuditVerification.run(
            on: database, .init(publicKey: try Self.key.get().publicKey, kept: kept.map { [$0] } ?? []))
    }

    @Test("by statements is found", arguments: TestDatabase.available, 0..<12 as Range<UInt64>)
    func statements(kind: TestDatabase, seed: UInt64) throws {
        try kind.with { database throws in
            var generator = SeededGenerator(seed)
            _ = try fill(database, &generator)
            #expect(try verify(database).findings == [])
            let firsts = try database.read { db in
                try db.query("SELECT first FROM audit_block ORDER BY first") { $0.int(0) }
            }
            let one = firsts.randomElement(using: &generator) ?? 0
            let other = firsts.filter { $0 != one }.randomElement(using: &generator) ?? 0
            let swap = """
                UPDATE audit_block SET first = -7 WHERE first = \(one);
                UPDATE audit_block SET first = \(one) WHERE first = \(other);
                UPDATE audit_block SET first = \(other) WHERE first = -7;
                """
            let harms = [
                "DELETE FROM audit_block WHERE first = \(one)", swap,
                "UPDATE audit_block SET first = first + 100000 WHERE first = \(one)",
                "UPDATE audit_block SET count = count + 1 WHERE first = \(one)",
                "UPDATE audit_block SET low = low - 1 WHERE first = \(one)",
                "UPDATE audit_block SET hashes = (SELECT hashes FROM audit_block WHERE first = \(other)) WHERE first = \(one)",
                "UPDATE audit_block SET entries = (SELECT entries FROM audit_block WHERE first = \(other)) WHERE first = \(one)",
                "UPDATE audit_tree SET size = size - 1", "UPDATE audit_tree SET size = size + 1",
                "DELETE FROM audit_tree", "DELETE FROM audit_tile",
                "DELETE FROM audit_patient WHERE entry = (SELECT max(entry) FROM audit_patient)",
                "INSERT INTO audit_patient (patient, entry) VALUES (1, 1)",
                "DELETE FROM audit_account WHERE block = (SELECT min(block) FROM audit_account)",
                "INSERT INTO audit_account (account, block) VALUES (1, 0)",
                "UPDATE audit_checkpoint SET size = size + 100000",
                """
                INSERT INTO audit_block (first, count, low, high, hashes, entries)
                SELECT (SELECT max(first) FROM audit_block) + 256, 1, 0, 0, hashes, entries FROM audit_block
                WHERE first = \(one)
                """,
                """
                INSERT INTO audit_block (first, count, low, high, hashes, entries)
                SELECT -1, 1, 0, 0, hashes, entries FROM audit_block WHERE first = \(one)
                """,
            ]
            for harm in harms {
                // Each alone: what was done is undone by a copy of the tables.
                try database.write { db throws in try db.run(script: Self.copyOut + harm) }
                #expect(try !verify(database).isClean, "\(harm)")
                try database.write { db throws in try db.run(script: Self.copyIn) }
            }
            #expect(try verify(database).findings == [])
        }
    }

    private static let tables = [
        "audit_tree", "audit_block", "audit_tile", "audit_patient", "audit_account", "audit_checkpoint",
    ]
    private static var copyOut: String { tables.map { "CREATE TABLE copy_\($0) AS SELECT * FROM \($0);" }.joined() }
    private static var copyIn: String {
        tables.map { "DELETE FROM \($0); INSERT INTO \($0) SELECT * FROM copy_\($0); DROP TABLE copy_\($0);" }.joined()
    }

    @Test("with one entry is told with its place", arguments: 0..<8 as Range<UInt64>)
    func place(seed: UInt64) throws {
        try TestDatabase.sqlite.with { database throws in
            var generator = SeededGenerator(seed)
            let entries = (0..<600).map { AuditEntry(at: 1000 + Int64($0), action: .read, reason: "r\($0 % 10)") }
            try database.write { db in
                for entry in entries { try AuditTrail.append([entry], in: db) }
            }
            let victim = Int64.random(in: 0..<600, using: &generator)
            var changed = entries[Int(victim)]
            changed.reason = "x"
            let bytes = changed.encoded
            // A block of one entry: how it is packed, its length, its bytes.
            let content = [0, UInt8(bytes.count)] + bytes
            try database.write { db in
                try db.execute("UPDATE audit_block SET entries = ? WHERE first = ?", .blob(content), .integer(victim))
            }
            let findings = try verify(database).findings
            #expect(findings.map(\.kind) == [.altered])
            #expect(findings.first?.places == victim..<victim + 1)
            #expect(findings.first?.time == 1000 + victim)
            // With its hash made to fit, the tiles and the root tell.
            try database.write { db in
                try db.execute(
                    "UPDATE audit_block SET hashes = ? WHERE first = ?",
                    .blob(MerkleHasher().leaf(bytes).bytes), .integer(victim))
            }
            let places = try verify(database).findings.compactMap(\.places)
            #expect(!places.isEmpty && places.allSatisfy { $0.contains(victim) })
        }
    }

    @Test("by making the whole log anew is found by a checkpoint kept elsewhere, and by the signatures")
    func rewritten() throws {
        let key = try Self.key.get()
        let entries = Entries.day(500, seed: 1)
        func make(_ entries: [AuditEntry], _ key: AuditSigningKey?, _ body: (any SQLDatabase) throws -> Void) throws {
            try TestDatabase.sqlite.with { database throws in
                try database.write { db throws in
                    try AuditTrail.append(entries, in: db)
                    if let key { try AuditTrail.keepCheckpoint(in: db, at: 0, key: key) }
                }
                try body(database)
            }
        }
        var kept: AuditCheckpoint?
        try make(entries, key) { database throws in
            kept = try database.read { db in try AuditTrail.checkpoint(in: db, key: key) }
                .checkpoint(signedBy: key.publicKey)
            #expect(try verify(database, kept).findings == [])
        }
        var others = entries
        others.remove(at: 77)
        for forged in [others, entries.dropLast(), entries.reversed(), [entries[0]] + entries] {
            try make(Array(forged), nil) { database throws in
                #expect(try verify(database).isClean, "without a checkpoint nothing can be told")
                #expect(try !verify(database, kept).isClean)
            }
        }
        let thief = try AuditSigningKey(name: key.name, seed: Array(2..<34))
        try make(others, thief) { database throws in #expect(try verify(database).findings.map(\.kind) == [.checkpoint])
        }
    }

    @Test("with the bytes of the file is found where it changes anything", arguments: 0..<60 as Range<UInt64>)
    func bytes(seed: UInt64) throws {
        try withFolder { folder in
            var generator = SeededGenerator(seed)
            let path = folder + "/log.db"
            let database = try SQLiteDatabase(path: path)
            try database.write { db in try AuditTrail.create(in: db) }
            let kept = try fill(database, &generator)
            let before = try #require(dump(database))
            try database.close()
            var bytes = try Data(contentsOf: URL(filePath: path))
            let page = 4096
            let pages = bytes.count / page
            // The first page holds the names of the tables alone.
            let place = Int.random(in: 1..<pages, using: &generator) * page
            switch seed % 5 {
            case 0, 1:
                bytes[place + Int.random(in: 0..<page, using: &generator)] ^= UInt8.random(
                    in: 1...255, using: &generator)
            case 2: bytes.replaceSubrange(place..<place + page, with: Data(count: page))
            case 3:
                let other = Int.random(in: 1..<pages, using: &generator) * page
                let (a, b) = (bytes[place..<place + page], bytes[other..<other + page])
                bytes.replaceSubrange(place..<place + page, with: b)
                bytes.replaceSubrange(other..<other + page, with: a)
            default: bytes = bytes.prefix(place + Int.random(in: 0..<page, using: &generator))
            }
            try bytes.write(to: URL(filePath: path))
            guard let harmed = try? SQLiteDatabase(path: path) else { return }
            defer { try? harmed.close() }
            if dump(harmed) != before { #expect(try !verify(harmed, kept).isClean) }
        }
    }

    /// Everything that the log stands for; nil when it can't be read.
    private func dump(_ database: any SQLDatabase) -> [[SQLValue]]? {
        try? database.read { db in
            try db.query("SELECT size, frontier FROM audit_tree") { [.integer($0.int(0)), .blob($0.blob(1))] }
                + db.query("SELECT first, count, low, high, hashes, entries FROM audit_block ORDER BY first") { row in
                    (0..<4).map { .integer(row.int($0)) } + [.blob(row.blob(4)), .blob(row.blob(5))]
                }
                + db.query("SELECT level, place, hashes FROM audit_tile ORDER BY level, place") { row in
                    [.integer(row.int(0)), .integer(row.int(1)), .blob(row.blob(2))]
                }
                + db.query("SELECT patient, entry FROM audit_patient ORDER BY patient, entry") { row in
                    [.integer(row.int(0)), .integer(row.int(1))]
                }
                + db.query("SELECT account, block FROM audit_account ORDER BY account, block") { row in
                    [.integer(row.int(0)), .integer(row.int(1))]
                }
                + db.query("SELECT size, note FROM audit_checkpoint ORDER BY size") { row in
                    [.integer(row.int(0)), .text(row.text(1))]
                }
        }
    }
}
