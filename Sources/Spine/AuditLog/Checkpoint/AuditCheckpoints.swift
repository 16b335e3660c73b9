import Foundation
public import SQL
import Synchronization

/// Signs the log again and again: into the database, and into a file beside the key.
///
/// Of several servers on a database one signs. They must have the same key: a log has one.
public final class AuditCheckpoints: Sendable {
    private let database: any SQLDatabase
    private let key: AuditSigningKey
    private let file: String?
    private let now: @Sendable () -> Int64
    private let leader: any SQLLeaderLock
    private let signed = Mutex(Signed())
    private let loop = JournalLoop()

    /// What was signed last.
    private struct Signed {
        /// By this server; before that, what the file holds.
        var checkpoint: AuditCheckpoint?
        var isFileRead = false
        /// Whether this server has signed it.
        var isOwn = false
        /// Whether it is in the database.
        var isKept = false
        var fault: String?
        /// How often the thread has signed.
        var turns = 0
    }

    /// - Parameters:
    ///   - database: the database of the log.
    ///   - key: the key of the log.
    ///   - file: where the newest checkpoint is kept too; nil for nowhere.
    ///   - now: the time of day, in milliseconds since 1970-01-01 UTC; nil: the machine's.
    public init(
        database: any SQLDatabase, key: AuditSigningKey, file: String?,
        now: (@Sendable () -> Int64)? = nil
    ) {
        self.database = database
        self.key = key
        self.file = file
        self.now = now ?? { Int64(Date().timeIntervalSince1970 * 1000) }
        leader = database.leaderLock("audit-checkpoint")
    }

    /// Begins to sign, on a thread of its own, until ``stop()``: at once, into the file as often as told, and into the
    /// database each twelfth time.
    public func start(every interval: Duration = .seconds(5)) {
        turn()
        loop.start(every: interval) { [weak self] in
            self?.turn()
            return self != nil
        }
    }

    private static let keptTurns = 12

    private func turn() {
        guard leader.hold() else { return }
        let isKept = signed.withLock { signed in
            defer { signed.turns += 1 }
            return signed.turns % Self.keptTurns == 0
        }
        do {
            try make(isKept: isKept)
            signed.withLock { $0.fault = nil }
        } catch {
            signed.withLock { $0.fault = "\(error)" }
        }
    }

    /// Why the last signature by the thread failed; nil when it did not.
    public var fault: String? { signed.withLock { $0.fault } }

    /// Whether no other server signs the log: then this process may, until it has ended.
    public var leads: Bool { leader.hold() }

    /// Ends. Sign once more by ``make(isKept:)`` when everything else has ended.
    public func stop() {
        loop.stop()
        leader.release()
    }

    /// Signs the log as it stands; nothing is done when it has not grown since this server signed last.
    ///
    /// - Parameter isKept: whether the database keeps the checkpoint too.
    /// - Throws: ``AuditError/damaged(_:)`` when the log does not go on from the last checkpoint: nothing is signed then, and
    ///   the file stays as it is, since it is what proves it.
    public func make(isKept: Bool = true) throws {
        let last = try last()
        let (isOwn, wasKept) = signed.withLock { ($0.isOwn, $0.isKept) }
        let size = try database.readOnce { db in try AuditTrail.state(in: db).size }
        if isOwn, size == last?.size, wasKept || !isKept { return }
        let note =
            isKept
            ? try database.write { [key, now] db in
                try Self.check(last, in: db)
                return try AuditTrail.keepCheckpoint(in: db, at: now(), key: key)
            }
            : try database.read { [key, now] db in
                try Self.check(last, in: db)
                return try AuditTrail.checkpoint(in: db, key: key, at: now())
            }
        if let file { try AuditCheckpointFile.write(note, to: file) }
        signed.withLock { signed in
            signed.checkpoint = AuditCheckpoint(text: note.text)
            (signed.isOwn, signed.isKept) = (true, isKept)
        }
    }

    private func last() throws -> AuditCheckpoint? {
        if let known = signed.withLock({ $0.isFileRead ? .some($0.checkpoint) : nil }) { return known }
        let found = try file.flatMap { try AuditCheckpointFile.read($0, signedBy: key.publicKey) }
        signed.withLock { signed in
            signed.checkpoint = found
            signed.isFileRead = true
        }
        return found
    }

    private static func check(_ last: AuditCheckpoint?, in db: SQLConnection) throws {
        guard let last, try !AuditTrail.continues(last, in: db) else { return }
        throw AuditError.damaged(
            "it does not go on from the checkpoint of \(last.size) entries that was signed before, so it was cut, altered or "
                + "restored from an older copy. Run healthbrain audit verify. To go on from the log as it stands, move "
                + "audit.checkpoint away and start anew")
    }
}
