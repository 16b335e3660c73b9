import Foundation
public import SQL

extension AuditTrail {
    /// Signs the log as it stands, without a trace in the database.
    public static func checkpoint(in db: SQLConnection, key: AuditSigningKey) throws -> SignedNote {
        let state = try state(in: db)
        return try key.sign(AuditCheckpoint(origin: key.name, size: state.size, root: state.root))
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
        let note = try checkpoint(in: db, key: key)
        try db.execute(
            "INSERT INTO audit_checkpoint (size, at, note) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            .integer(try frontier(in: db).size), .integer(at), .text(note.description))
        return note
    }

    /// The newest checkpoint that was kept.
    public static func latestCheckpoint(in db: SQLConnection) throws -> (at: Int64, note: String)? {
        try db.first("SELECT at, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1") { ($0.int(0), $0.text(1)) }
    }
}

/// The newest checkpoint in a file of its own, so that a log that was cut or made anew can't pass for the old one.
public enum AuditCheckpointFile {
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
