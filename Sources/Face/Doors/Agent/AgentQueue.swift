import Dispatch
import Foundation
import SQL
import Synchronization

/// What waits to be sent, in a file that survives `kill -9` and power cuts; in order for each source.
public final class AgentQueue: Sendable {
    /// Something to be sent.
    struct Item: Sendable {
        /// Its place in the queue; 0 for one that is new.
        var number: Int64 = 0
        var source: String
        var sender: String
        var content: AgentContent
        /// The file, or what else people know it by.
        var origin: String
        var body: [UInt8]
    }

    /// What the queue may hold.
    struct Bounds: Sendable {
        var bytesMax: Int
        var freeBytesMin: Int
    }

    private struct Job {
        let body: (SQLConnection) throws -> Void
        let done: CheckedContinuation<Void, any Error>
    }

    private let folder: String
    private let database: SQLiteDatabase
    private let bounds: Bounds
    private let now: @Sendable () -> Int64
    private let looking: (@Sendable (AgentPiece) -> Void)?
    private let writer = DispatchQueue(label: "agent queue")
    private let waiting = Mutex<[Job]>([])
    private let bytes: Mutex<Int>
    private let wakers = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

    /// Opens the queue of a folder, or makes an empty one.
    /// - Parameters:
    ///   - looking: is shown what comes in, before any of it leaves.
    ///   - now: the clock, in milliseconds since 1970.
    init(
        _ folder: String, _ bounds: Bounds, looking: (@Sendable (AgentPiece) -> Void)? = nil,
        now: @escaping @Sendable () -> Int64
    ) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.folder = folder
        self.bounds = bounds
        self.now = now
        self.looking = looking
        database = try SQLiteDatabase(path: AgentTables.file(folder), readers: 4, cacheBytes: 16 << 20)
        try database.write { try AgentTables.create($0) }
        bytes = Mutex(
            try database.read { db in try db.first("SELECT coalesce(sum(bytes), 0) FROM item") { Int($0.int(0)) } ?? 0 }
        )
    }

    func close() { try? database.close() }

    // MARK: - Filling

    /// Whether nothing more can be taken, and why.
    var fullness: String? {
        let held = bytes.withLock { $0 }
        if held >= bounds.bytesMax { return "the queue of this agent is full (\(held) bytes wait)" }
        var status = statvfs()
        if statvfs(folder, &status) == 0 {
            let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
            if free < UInt64(bounds.freeBytesMin) { return "the disk of this agent is full (\(free) bytes are left)" }
        }
        return nil
    }

    /// Puts items at the end. When this returns they survive a power cut.
    /// - Parameter beside: what is written in the same transaction, given the number of the last item.
    func put(_ items: [Item], beside: @escaping @Sendable (SQLConnection, Int64) throws -> Void = { _, _ in })
        async throws
    {
        let time = now()
        if let looking { for item in items { looking(AgentPiece(item)) } }
        try await write { db in
            var last: Int64 = 0
            for item in items {
                last =
                    try db.first(
                        """
                        INSERT INTO item (source, sender, content, origin, received, bytes, body)
                        VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number
                        """,
                        [
                            .text(item.source), .text(item.sender), .text(item.content.text), .text(item.origin),
                            .integer(time), .int(item.body.count), .blob(item.body),
                        ]
                    ) { $0.int(0) } ?? 0
            }
            try beside(db, last)
        }
        bytes.withLock { $0 += items.reduce(0) { $0 + $1.body.count } }
        for source in Set(items.map(\.source)) { wake(source) }
    }

    // MARK: - Emptying

    /// Sources that something waits of.
    func sources() throws -> [String] {
        try database.read { db in try db.query("SELECT DISTINCT source FROM item") { $0.text(0) } }
    }

    /// Calls when something new may wait of a source.
    func wakes(_ source: String) -> AsyncStream<Void> {
        let (stream, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        wakers.withLock { $0[source] = waker }
        waker.yield()
        return stream
    }

    private func wake(_ source: String) { _ = wakers.withLock { $0[source]?.yield() } }

    /// The first items of a source.
    func first(_ source: String, max: Int, bytesMax: Int) throws -> [Item] {
        var (items, held) = ([Item](), 0)
        try database.read { db in
            try db.rows(
                """
                SELECT number, sender, content, origin, bytes FROM item WHERE source = ? ORDER BY number LIMIT \(max)
                """, [.text(source)]
            ) { row in
                held += Int(row.int(4))
                guard items.isEmpty || held <= bytesMax else { return }
                let body = try db.first("SELECT body FROM item WHERE number = ?", [.integer(row.int(0))]) { $0.blob(0) }
                items.append(
                    Item(
                        number: row.int(0), source: source, sender: row.text(1),
                        content: AgentContent(text: row.text(2)),
                        origin: row.text(3), body: body ?? []))
            }
        }
        return items
    }

    /// The first items were answered: they leave the queue; those that were refused go to the shelf.
    func settle(_ items: [(item: Item, refusal: String?)]) async throws {
        let time = now()
        try await write { db in
            for (item, refusal) in items {
                if let refusal { try Self.shelve(db, item, refusal, time) }
                try db.execute("DELETE FROM item WHERE number = ?", .integer(item.number))
                try db.execute(
                    "UPDATE file SET refusal = ?, isAnswered = 1 WHERE number = ?", refusal.map { .text($0) } ?? .null,
                    .integer(item.number))
            }
            guard let last = items.last else { return }
            try Self.note(db, last.item.source, "sent", "\(time)")
            try Self.note(db, last.item.source, "trouble", nil)
        }
        bytes.withLock { $0 -= items.reduce(0) { $0 + $1.item.body.count } }
    }

    /// Keeps what was refused before it came into the queue.
    func shelve(_ items: [(item: Item, refusal: String)]) async throws {
        let time = now()
        try await write { db in for (item, refusal) in items { try Self.shelve(db, item, refusal, time) } }
    }

    private static func shelve(_ db: SQLConnection, _ item: Item, _ refusal: String, _ time: Int64) throws {
        try db.execute(
            "INSERT INTO refused (source, sender, content, origin, refused, reason, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            .text(item.source), .text(item.sender), .text(item.content.text), .text(item.origin), .integer(time),
            .text(refusal), .blob(item.body))
    }

    // MARK: - Notes

    /// What is noted of a source.
    func note(_ source: String, _ name: String) throws -> String? {
        try database.read { db in
            try db.first("SELECT value FROM note WHERE source = ? AND name = ?", [.text(source), .text(name)]) {
                $0.text(0)
            }
        }
    }

    /// Notes what keeps a source from being read or sent; nil: nothing.
    func trouble(_ source: String, _ what: String?) async {
        let text = what.map { "\(now()) \($0)" }
        try? await write { db in try Self.note(db, source, "trouble", text) }
    }

    static func note(_ db: SQLConnection, _ source: String, _ name: String, _ value: String?) throws {
        guard let value else {
            return try db.execute("DELETE FROM note WHERE source = ? AND name = ?", .text(source), .text(name))
        }
        try db.execute(
            "INSERT INTO note (source, name, value) VALUES (?, ?, ?) ON CONFLICT (source, name) DO UPDATE SET value = excluded.value",
            .text(source), .text(name), .text(value))
    }

    // MARK: - The database

    func read<T>(_ body: (SQLConnection) throws -> T) throws -> T { try database.read(body) }

    /// Writes durably; many at once share a commit.
    func write(_ body: @escaping @Sendable (SQLConnection) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            let isFirst = waiting.withLock { jobs in
                jobs.append(Job(body: body, done: done))
                return jobs.count == 1
            }
            if isFirst { writer.async { self.commit() } }
        }
    }

    private func commit() {
        let jobs = waiting.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        do {
            try database.write { db in for job in jobs { try job.body(db) } }
            for job in jobs { job.done.resume() }
        } catch {
            for job in jobs { job.done.resume(throwing: error) }
        }
    }
}
