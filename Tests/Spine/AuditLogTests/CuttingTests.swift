import AuditLog
import Foundation
import SQL
import Testing

/// What somebody may do with a whole log in hand, who leaves it in agreement with itself.
@Suite("Cutting a log, and putting another in its place")
struct CuttingTests {
    private static let key = Result { try AuditSigningKey(name: "city.example/audit", seed: Array(0..<32)) }

    /// A log that is signed into the database as it grows, at these sizes.
    private func grow(_ database: any SQLDatabase, to sizes: [Int]) throws {
        let key = try Self.key.get()
        for (turn, size) in sizes.enumerated() {
            try database.write { db throws in
                let missing = size - Int(try AuditTrail.state(in: db).size)
                try AuditTrail.append(Entries.day(missing, seed: UInt64(turn)), in: db)
                _ = try AuditTrail.keepCheckpoint(in: db, at: Int64(turn), key: key)
            }
        }
    }

    private func findings(_ database: any SQLDatabase, kept: [AuditCheckpoint] = []) throws -> [AuditFinding.Kind] {
        let key = try Self.key.get().publicKey
        return try AuditVerification.run(on: database, .init(publicKey: key, kept: kept)).findings.map(\.kind)
    }

    private func newest(_ database: any SQLDatabase) throws -> AuditCheckpoint {
        let key = try Self.key.get()
        let note = try database.read { db in try AuditTrail.checkpoint(in: db, key: key, at: 9) }
        return try #require(note.checkpoint(signedBy: key.publicKey))
    }

    @Test(
        "a checkpoint that was taken out, or put in, is found by those behind it", arguments: TestDatabase.available,
        [
            "DELETE FROM audit_checkpoint WHERE size = 10", "DELETE FROM audit_checkpoint WHERE size = 30",
            "DELETE FROM audit_checkpoint WHERE size <= 50", "UPDATE audit_checkpoint SET at = at + 1 WHERE size = 30",
            "INSERT INTO audit_checkpoint (size, at, note) SELECT 31, at, note FROM audit_checkpoint WHERE size = 30",
        ])
    func checkpoints(kind: TestDatabase, harm: String) throws {
        try kind.with { database throws in
            try grow(database, to: [10, 30, 50, 70])
            #expect(try findings(database) == [])
            try database.write { db throws in try db.run(script: harm) }
            #expect(try findings(database).contains(.checkpoint))
        }
    }

    @Test("the last checkpoints taken out are found by one that was kept elsewhere", arguments: TestDatabase.available)
    func lastCheckpoints(kind: TestDatabase) throws {
        try kind.with { database throws in
            try grow(database, to: [10, 30, 50])
            let kept = try newest(database)
            #expect(kept.keeping == AuditCheckpoint.Keeping(count: 3, at: 9))
            #expect(try findings(database, kept: [kept]) == [])
            try database.write { db throws in try db.run(script: "DELETE FROM audit_checkpoint WHERE size >= 30") }
            #expect(try findings(database, kept: [kept]) == [.checkpoint])
            // A checkpoint of another log's history says nothing about this one's.
            #expect(try findings(database, kept: [AuditCheckpoint(origin: "x", size: 0, root: .empty)]) == [])
        }
    }

    @Test("a key that the log had before is still good for what it signed")
    func earlierKey() throws {
        try TestDatabase.sqlite.with { database throws in
            try grow(database, to: [10])
            let other = try AuditSigningKey(name: "city.example/audit", seed: Array(1..<33))
            try database.write { db throws in
                try AuditTrail.append(Entries.day(5, seed: 7), in: db)
                _ = try AuditTrail.keepCheckpoint(in: db, at: 3, key: other)
            }
            var options = AuditVerification.Options(publicKey: other.publicKey)
            #expect(try AuditVerification.run(on: database, options).findings.map(\.kind) == [.checkpoint])
            options.earlierKeys = [try Self.key.get().publicKey]
            #expect(try AuditVerification.run(on: database, options).findings == [])
        }
    }

    @Test(
        "a server does not sign a log that does not go on from the last checkpoint, and keeps what proves it",
        arguments: TestDatabase.available)
    func continued(kind: TestDatabase) throws {
        let key = try Self.key.get()
        try kind.with { database throws in
            try withFolder { folder in
                let file = folder + "/audit.checkpoint"
                func server() -> AuditCheckpoints {
                    AuditCheckpoints(database: database, key: key, file: file, now: { 1 })
                }
                func append(_ count: Int, seed: UInt64 = 1) throws {
                    try database.write { db throws in _ = try AuditTrail.append(Entries.day(count, seed: seed), in: db)
                    }
                }
                let first = server()
                try append(20)
                try first.make(isKept: false)
                #expect(try database.read { db in try AuditTrail.latestCheckpoint(in: db) == nil })
                try first.make()
                try append(5)
                try first.make(isKept: false)
                first.stop()
                let proof = try Data(contentsOf: URL(filePath: file))
                // The next start goes on.
                let second = server()
                try second.make()
                second.stop()
                try proof.write(to: URL(filePath: file))
                // An older copy is put back, and grows again: to fewer events, to as many, to more.
                try database.write { db throws in
                    for table in AuditTrail.tables { try table.clear(in: db) }
                    try AuditTrail.create(in: db)
                }
                for count in [20, 5, 30] {
                    try append(count, seed: 2)
                    let third = server()
                    #expect(throws: AuditError.self) { try third.make() }
                    third.start(every: .seconds(1000))
                    #expect(third.fault?.contains("audit verify") == true)
                    third.stop()
                    #expect(try Data(contentsOf: URL(filePath: file)) == proof)
                }
                // Nor one whose file another key has signed.
                let thief = try AuditSigningKey(name: key.name, seed: Array(2..<34))
                let forged = try database.read { db in try AuditTrail.checkpoint(in: db, key: thief, at: 1) }
                try AuditCheckpointFile.write(forged, to: file)
                #expect(throws: AuditError.self) { try server().make() }
                // An operator who has looked moves it away.
                try FileManager.default.removeItem(atPath: file)
                try server().make()
                #expect(try AuditCheckpointFile.read(file, signedBy: key.publicKey)?.size == 55)
            }
        }
    }

    @Test("a log that is cut while a server signs it is not signed on", arguments: TestDatabase.available)
    func cutWhileSigning(kind: TestDatabase) throws {
        let key = try Self.key.get()
        try kind.with { database throws in
            let server = AuditCheckpoints(database: database, key: key, file: nil, now: { 1 })
            try database.write { db throws in _ = try AuditTrail.append(Entries.day(9, seed: 1), in: db) }
            try server.make()
            try database.write { db throws in
                for table in AuditTrail.tables { try table.clear(in: db) }
                try AuditTrail.create(in: db)
                _ = try AuditTrail.append(Entries.day(10, seed: 2), in: db)
            }
            #expect(throws: AuditError.self) { try server.make() }
            server.stop()
        }
    }
}
