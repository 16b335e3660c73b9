import Foundation
public import SQL
import Synchronization

/// Takes events whose effect is no write, so that an answer need not wait for the disk.
///
/// ``hand(_:)`` returns when the kernel has the event: a killed process loses none. A thread of its own syncs the file and
/// moves events into the log within a second, as a group, together with the place up to which the file is done: whatever is
/// interrupted, none is lost and none comes twice. After a power cut the next start says in the log from when to when events
/// may be missing.
public final class AuditJournal: Sendable {
    /// What may be chosen.
    public struct Options: Sendable {
        /// The folder of the journal, one for each process.
        public var folder: String
        /// How long an event waits at most before it is synced and moved on.
        public var interval: Duration = .milliseconds(500)
        /// How long an idle server waits before it notes that it still lives.
        public var markInterval: Duration = .seconds(10)
        /// The size at which a segment is followed by another, in bytes.
        public var segmentBytesMax: Int64 = 16 << 20
        /// Events that wait while the database takes none, in bytes; more are refused.
        public var backlogBytesMax: Int64 = 4 << 30
        /// The time of day: milliseconds since 1970-01-01 UTC.
        public var now: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
        /// Which life of the machine this is.
        public var machine: MachineLife = .current()

        /// - Parameter folder: the folder of the journal.
        public init(folder: String) { self.folder = folder }
    }

    /// How the journal fares.
    public struct Status: Sendable {
        /// Bytes that are not in the log yet.
        public var backlogBytes: Int64
        /// Events moved into the log since the start.
        public var moved: Int64
        /// Why the last attempt to move events failed; nil when it did not.
        public var fault: String?
    }

    private struct Progress {
        var segment: Int64
        var position: Int64
        var moved: Int64 = 0
        var isClosed = false
    }

    /// What one transaction takes, in bytes of the journal.
    static let chunkBytes = 4 << 20

    private let options: Options
    private let database: any SQLDatabase
    private let folder: JournalFolder
    private let pen: JournalPen
    private let progress: Mutex<Progress>
    private let backlog = Atomic<Int64>(0)
    private let fault = Mutex<String?>(nil)
    private let loop = JournalLoop()

    /// Opens the journal of a folder, moves what an earlier process left into the log, and notes the start there.
    ///
    /// - Parameters:
    ///   - options: where it is, and how it works.
    ///   - database: the database of the log, whose tables ``AuditTrail/create(in:)`` has made.
    /// - Throws: ``AuditError`` or the database's error; nothing is lost then.
    public init(_ options: Options, database: any SQLDatabase) throws {
        self.options = options
        self.database = database
        folder = try JournalFolder(options.folder)
        var recovery = JournalRecovery(folder, options, database)
        let segment = try recovery.run()
        let at = options.now()
        let header = try JournalFrame.header(at: at, boot: options.machine.boot).encoded()
        pen = JournalPen(
            descriptor: try folder.create(segment, header: header), segment: segment, length: Int64(header.count),
            room: options.segmentBytesMax)
        progress = Mutex(Progress(segment: segment, position: 0))
        // From now on the segment must be there.
        let row = JournalRow(name: folder.name, segment: segment, position: 0, at: at, isOpen: true)
        try database.write { db in try row.update(in: db) }
    }

    /// Hands an event on. It is in the kernel when this returns, and in the log within a second.
    ///
    /// Blocks for a copy into the page cache; where the segment has no room left, for a write to it, some microseconds.
    ///
    /// - Throws: ``AuditError/journal(_:)`` when it can't be kept: what it tells of must not be answered then.
    public func hand(_ entry: AuditEntry) throws(AuditError) {
        try hand([entry])
    }

    /// Hands events on, in order.
    public func hand(_ entries: [AuditEntry]) throws(AuditError) {
        var frames: [UInt8] = []
        frames.reserveCapacity(512 * entries.count)
        for entry in entries { try JournalFrame.append(entry, to: &frames) }
        if !frames.isEmpty { try hand(frames: frames) }
    }

    /// Hands events on, in order.
    public func hand(_ frames: AuditFrames) throws(AuditError) {
        if !frames.isEmpty { try hand(frames: frames.bytes) }
    }

    private func hand(frames: [UInt8]) throws(AuditError) {
        guard backlog.load(ordering: .relaxed) <= options.backlogBytesMax else {
            throw .journal("The audit log has taken no events for long, and the journal is full.")
        }
        try pen.write(frames)
        backlog.add(Int64(frames.count), ordering: .relaxed)
    }

    /// Begins to sync and to move events, on a thread of its own, until ``close()``.
    public func start() {
        loop.start(every: options.interval) { [weak self] in
            self?.turn()
            return self != nil
        }
    }

    deinit { pen.finish() }

    private func turn() {
        do {
            try sync()
            try drain()
            fault.withLock { $0 = nil }
        } catch {
            fault.withLock { $0 = "\(error)" }
        }
    }

    /// How the journal fares.
    public var status: Status {
        Status(
            backlogBytes: backlog.load(ordering: .relaxed), moved: progress.withLock { $0.moved },
            fault: fault.withLock { $0 })
    }

    // MARK: The way into the log

    /// Puts what was handed on disk, behind a note of the time.
    package func sync() throws {
        try progress.withLock { _ in
            guard loop.needsMark(at: pen.end, every: options.markInterval) else { return }
            try pen.write(try JournalFrame.mark(at: options.now()).encoded())
            let end = pen.end
            guard pen.sync() else { throw AuditError.journal("The audit journal can't be synced.") }
            loop.noteMark(at: end)
        }
    }

    /// Moves everything that was handed before this call into the log.
    ///
    /// Blocks for the writes: call it from a thread of your own.
    public func drain() throws {
        try progress.withLock { progress in
            if progress.isClosed { return }
            try drain(&progress)
        }
    }

    private func drain(_ progress: inout Progress) throws {
        let end = pen.end
        while progress.segment < end.segment || progress.position < end.length {
            let upTo = progress.segment == end.segment ? end.length : folder.size(progress.segment)
            if progress.position < upTo {
                try move(&progress, upTo: upTo)
            } else {
                // Another segment follows: this one is done.
                try settle(&progress, in: progress.segment + 1)
            }
        }
        backlog.store(0, ordering: .relaxed)
        if end.length >= options.segmentBytesMax { try turnOver(from: end.segment) }
    }

    private func move(_ progress: inout Progress, upTo end: Int64) throws {
        let at = options.now()
        let bytes = try folder.read(
            progress.segment, from: progress.position, count: Int(min(end - progress.position, Int64(Self.chunkBytes))))
        let (entries, count) = try JournalFrame.events(bytes)
        guard count > 0 else { throw AuditError.journal("The audit journal is damaged while it is in use.") }
        let position = progress.position + Int64(count)
        // A mark alone is no reason for a transaction: it is read again with what comes behind it.
        if !entries.isEmpty {
            let row = JournalRow(name: folder.name, segment: progress.segment, position: position, at: at, isOpen: true)
            do {
                try database.write { db in
                    let known = try JournalRow(named: folder.name, in: db)
                    guard known.segment == progress.segment, known.position <= progress.position else {
                        throw JournalMoved(segment: known.segment, position: known.position)
                    }
                    // Less than here only by marks.
                    try AuditTrail.append(entries, in: db)
                    try row.update(in: db)
                }
            } catch let moved as JournalMoved {
                // A commit whose answer was lost was made all the same; the caller goes on from where it stands.
                guard moved.segment == progress.segment, moved.position <= end else {
                    throw AuditError.journal("Another server has moved the journal of this folder.")
                }
                progress.position = moved.position
                return
            }
            progress.moved += Int64(entries.count)
        }
        progress.position = position
    }

    private func settle(_ progress: inout Progress, in segment: Int64) throws {
        let row = JournalRow(name: folder.name, segment: segment, position: 0, at: options.now(), isOpen: true)
        try database.write { db in try row.update(in: db) }
        folder.remove(progress.segment)
        progress.segment = segment
        progress.position = 0
    }

    private func turnOver(from segment: Int64) throws {
        let header = try JournalFrame.header(at: options.now(), boot: options.machine.boot).encoded()
        let descriptor = try folder.create(segment + 1, header: header)
        let isTurned = pen.turn(
            to: segment + 1, descriptor: descriptor, length: Int64(header.count), room: options.segmentBytesMax)
        guard isTurned else {
            throw AuditError.journal("The audit journal can't be synced.")
        }
    }

    // MARK: The end

    /// Ends in order: everything handed is in the log, and so is the end. Hand nothing on from the moment of this call.
    public func close() throws {
        loop.stop()
        try progress.withLock { progress in
            if progress.isClosed { return }
            try drain(&progress)
            // Whatever was handed while the segment was turned over.
            try drain(&progress)
            let at = options.now()
            let end = pen.end.segment
            let row = JournalRow(name: folder.name, segment: end + 1, position: 0, at: at, isOpen: false)
            try database.write { db in
                try AuditTrail.append([AuditEntry(at: at, action: .stop)], in: db)
                try row.update(in: db)
            }
            pen.finish()
            folder.remove(end)
            folder.release()
            progress.isClosed = true
        }
    }

    /// Ends as a killed process does: nothing more is read or written.
    package func abandon() {
        loop.stop()
        progress.withLock { $0.isClosed = true }
        pen.finish()
        folder.release()
    }
}

/// The database says that the journal is further than this process believes.
struct JournalMoved: Error {
    var segment: Int64
    var position: Int64
}

/// How far a journal is in the log: a row of `audit_journal`.
struct JournalRow: Equatable {
    var name: String
    /// Segments below this are done.
    var segment: Int64
    /// The bytes of the segment that are done.
    var position: Int64
    /// Everything handed before this instant is in the log.
    var at: Int64
    /// Whether a server uses it, or did when it died.
    var isOpen: Bool
}

extension JournalRow {
    init(named name: String, in db: SQLConnection) throws {
        guard let row = try Self.find(name, in: db) else {
            throw AuditError.damaged("audit_journal lacks the row of a journal in use")
        }
        self = row
    }

    static func find(_ name: String, in db: SQLConnection) throws -> JournalRow? {
        try db.first("SELECT segment, position, at, open FROM audit_journal WHERE journal = ?", [.text(name)]) { row in
            JournalRow(name: name, segment: row.int(0), position: row.int(1), at: row.int(2), isOpen: row.int(3) == 1)
        }
    }

    func update(in db: SQLConnection) throws {
        try db.execute(
            """
            INSERT INTO audit_journal (journal, segment, position, at, open) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, position = excluded.position,
                at = excluded.at, open = excluded.open
            """, .text(name), .integer(segment), .integer(position), .integer(at), .integer(isOpen ? 1 : 0))
    }
}
