import AuditLog
import Foundation
import SQL
import Testing

/// Checks: https://c2sp.org/tlog-checkpoint, https://c2sp.org/signed-note
@Suite("Signed checkpoints")
struct CheckpointTests {
    private let key = Result { try AuditSigningKey(name: "city.example/audit", seed: Array(0..<32)) }

    @Test("have the public key of RFC 8032's first test, and are checked with that alone")
    func publicKey() throws {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        let bytes = stride(from: 0, to: 64, by: 2).map { offset in
            let start = seed.index(seed.startIndex, offsetBy: offset)
            return UInt8(seed[start..<seed.index(start, offsetBy: 2)], radix: 16) ?? 0
        }
        let key = try AuditSigningKey(name: "log", seed: bytes)
        let hex = key.publicKey.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        #expect(try AuditPublicKey(key.publicKey.description) == key.publicKey)
        #expect(throws: AuditError.self) { try AuditPublicKey("log+00000000+AAAA") }
    }

    @Test("are three lines and a signature, and any change is found")
    func note() throws {
        let key = try key.get()
        let checkpoint = AuditCheckpoint(origin: key.name, size: 12, root: .empty)
        let note = try key.sign(checkpoint)
        let text = note.description
        #expect(
            text.hasPrefix(
                "city.example/audit\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u{2014} city.example/audit "))
        #expect(SignedNote(text)?.checkpoint(signedBy: key.publicKey) == checkpoint)
        let other = try AuditSigningKey(name: key.name, seed: Array(1..<33)).publicKey
        #expect(SignedNote(text)?.checkpoint(signedBy: other) == nil)
        var generator = SeededGenerator(1)
        let bytes = Array(text.utf8)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= UInt8.random(in: 1...127, using: &generator)
            let found = SignedNote(String(decoding: changed, as: UTF8.self))
            // Four bits at the end of a base64 text carry nothing; the text itself can't be changed.
            #expect(found?.text == note.text || found?.checkpoint(signedBy: key.publicKey) == nil)
        }
    }

    @Test("a key is made once, for its owner's eyes, and refused when others may read it")
    func file() throws {
        try withFolder { folder in
            let path = folder + "/audit.key"
            #expect(throws: AuditError.self) { try AuditSigningKey(file: path, makingFor: nil) }
            let key = try AuditSigningKey(file: path, makingFor: "log")
            #expect(try AuditSigningKey(file: path, makingFor: "another").publicKey == key.publicKey)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let secret =
                try String(contentsOfFile: path, encoding: .utf8).split(separator: "+", maxSplits: 4).last ?? ""
            #expect(!"\(key)".contains(secret.prefix(20)))
            var dumped = ""
            dump(key, to: &dumped)
            #expect(!dumped.contains(secret.prefix(20)) && !dumped.contains("seed"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            #expect(throws: AuditError.self) { try AuditSigningKey(file: path, makingFor: nil) }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: path)
            #expect(throws: AuditError.self) { try AuditSigningKey(file: folder + "/link", makingFor: nil) }
            try Data("PRIVATE+KEY+log+00000000+AAAA\n".utf8).write(to: URL(filePath: path))
            #expect(throws: AuditError.self) { try AuditSigningKey(file: path, makingFor: nil) }
        }
    }

    @Test("are kept in the database and in a file beside it", arguments: TestDatabase.available)
    func kept(kind: TestDatabase) throws {
        let key = try key.get()
        try kind.with { database throws in
            for seed in 0..<3 as Range<UInt64> {
                try database.write { db throws in
                    try AuditTrail.append(Entries.day(100, seed: seed), in: db)
                    try AuditTrail.keepCheckpoint(in: db, at: 1, key: key)
                    try AuditTrail.keepCheckpoint(in: db, at: 2, key: key)
                }
            }
            let note = try database.read { db in try AuditTrail.checkpoint(in: db, key: key) }
            // The one that is kept tells beside how many there are, and when it was signed.
            let latest = try database.read { db in try AuditTrail.latestCheckpoint(in: db)?.note }
            let found = latest.flatMap { SignedNote($0)?.checkpoint(signedBy: key.publicKey) }
            #expect(found?.keeping == AuditCheckpoint.Keeping(count: 3, at: 1))
            #expect(latest?.hasPrefix(note.text) == true)
            let checkpoint = try #require(note.checkpoint(signedBy: key.publicKey))
            #expect(checkpoint.size == 300)
            let report = try AuditVerification.run(
                on: database, .init(publicKey: key.publicKey, kept: [checkpoint]))
            #expect(report.findings == [])
            #expect(report.checkpoints == 4)
            try withFolder { folder in
                for _ in 0..<2 { try AuditCheckpointFile.write(note, to: folder + "/audit.checkpoint") }
                #expect(try String(contentsOfFile: folder + "/audit.checkpoint", encoding: .utf8) == note.description)
            }
        }
    }

    @Test("are made again when the log has grown", arguments: TestDatabase.available)
    func again(kind: TestDatabase) throws {
        let key = try key.get()
        try kind.with { database throws in
            try withFolder { folder in
                let file = folder + "/audit.checkpoint"
                let checkpoints = AuditCheckpoints(database: database, key: key, file: file, now: { 1 })
                for size in [0, 0, 5, 5, 9] as [Int64] {
                    try database.write { db throws in
                        let grown = size - (try AuditTrail.state(in: db).size)
                        try AuditTrail.append(Entries.day(Int(grown), seed: 1), in: db)
                    }
                    try checkpoints.make()
                    let note = try #require(SignedNote(try String(contentsOfFile: file, encoding: .utf8)))
                    #expect(note.checkpoint(signedBy: key.publicKey)?.size == size)
                }
                checkpoints.stop()
                let report = try AuditVerification.run(on: database, .init(publicKey: key.publicKey))
                #expect(report.findings == [] && report.checkpoints == 3)
            }
        }
    }
}
