import Foundation
public import SQL

extension AuditTrail {
    /// Signs the log as it stands, without a trace in the database.
    ///
    /// - Parameter at: milliseconds since 1970; with it the checkpoint tells how many the database holds.
    public static func checkpoint(in db: SQLConnection, key: AuditSigningKey, at: Int64? = nil) throws -> SignedNote {
        var checkpoint = try checkpoint(in: db, origin: key.name)
        checkpoint.keeping = try at.map { at in
            AuditCheckpoint.Keeping(count: try count(through: checkpoint.size, in: db), at: at)
        }
        return try key.sign(checkpoint)
    }

    private static func checkpoint(in db: SQLConnection, origin: String) throws -> AuditCheckpoint {
        let state = try state(in: db)
        return AuditCheckpoint(origin: origin, size: state.size, root: state.root)
    }

    private static func count(through size: Int64, in db: SQLConnection) throws -> Int64 {
        try db.first("SELECT count(*) FROM audit_checkpoint WHERE size <= ?", [.integer(size)]) { $0.int(0) } ?? 0
    }

    /// Whether the log goes on from where a checkpoint left it.
    public static func continues(_ earlier: AuditCheckpoint, in db: SQLConnection) throws -> Bool {
        guard try state(in: db).size >= earlier.size else { return false }
        return try root(at: earlier.size, in: db) == earlier.root
    }

    /// Signs the log as it stands and keeps the checkpoint in the database.
    ///
    /// - Parameters:
    ///   - db: a connection inside `SQLDatabase.write`.
    ///   - at: milliseconds since 1970.
    ///   - key: the key of the log.
    /// - Returns: the signed text; write it to a place that a thief of the database does not reach, see ``AuditCheckpointFile``.
    @discardableResult
    public static func keepCheckpoint(in db: SQLConnection, at: Int64, key: AuditSigningKey) throws -> SignedNote {
        var checkpoint = try checkpoint(in: db, origin: key.name)
        let size = checkpoint.size
        checkpoint.keeping = AuditCheckpoint.Keeping(count: try count(through: size - 1, in: db) + 1, at: at)
        let note = try key.sign(checkpoint)
        try db.execute(
            "INSERT INTO audit_checkpoint (size, at, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", .integer(size),
            .integer(at), .text(note.description))
        return note
    }

    /// The newest checkpoint that was kept.
    public static func latestCheckpoint(in db: SQLConnection) throws -> (at: Int64, note: String)? {
        try db.first("SELECT at, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1") { ($0.int(0), $0.text(1)) }
    }
}

/// The newest checkpoint in a file of its own, so that a log that was cut or made anew can't pass for the old one.
public enum AuditCheckpointFile {
    /// The checkpoint of a file; nil when there is none.
    /// - Throws: ``AuditError/key(_:)`` when the key has not signed what is there.
    public static func read(_ path: String, signedBy key: AuditPublicKey) throws(AuditError) -> AuditCheckpoint? {
        guard let data = FileManager.default.contents(atPath: path) else {
            guard !FileManager.default.fileExists(atPath: path) else {
                throw .key("The checkpoint \(path) can't be read.")
            }
            return nil
        }
        guard let found = SignedNote(String(decoding: data, as: UTF8.self))?.checkpoint(signedBy: key) else {
            throw .key(
                "The checkpoint \(path) has no good signature of the key \(key.name): run healthbrain audit verify. To go on "
                    + "from the log as it stands, move that file away.")
        }
        return found
    }

    /// Replaces the file, durably and at once.
    /// - Throws: ``AuditError/key(_:)`` when it can't be written.
    public static func write(_ note: SignedNote, to path: String) throws(AuditError) {
        let draft = path + ".new"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .key("The checkpoint \(path) can't be written.") }
        let isWritten = DurableFile.write(Array(note.description.utf8), to: file) && fsync(file) == 0
        close(file)
        guard isWritten, rename(draft, path) == 0, DurableFile.syncFolder(of: path) else {
            throw .key("The checkpoint \(path) can't be written.")
        }
    }
}
