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
    private let signed = Mutex<(size: Int64, fault: String?)>((-1, nil))
    private let loop = JournalLoop()

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

    /// Begins to sign, on a thread of its own, until ``stop()``.
    public func start(every interval: Duration = .seconds(60)) {
        loop.start(every: interval) { [weak self] in
            guard let self else { return false }
            do { if leader.hold() { try make() } } catch { signed.withLock { $0.fault = "\(error)" } }
            return true
        }
    }

    /// Why the last signature by the thread failed; nil when it did not.
    public var fault: String? { signed.withLock { $0.fault } }

    /// Ends. Sign once more by ``make()`` when everything else has ended.
    public func stop() {
        loop.stop()
        leader.release()
    }

    /// Signs the log as it stands; nothing is done when it has not grown since this server signed last.
    public func make() throws {
        let size = try database.readOnce { db in try AuditTrail.state(in: db).size }
        guard size != signed.withLock({ $0.size }) else { return }
        let note = try database.write { [key, now] db in try AuditTrail.keepCheckpoint(in: db, at: now(), key: key) }
        if let file { try AuditCheckpointFile.write(note, to: file) }
        signed.withLock { $0 = (AuditCheckpoint(text: note.text)?.size ?? size, nil) }
    }
}
