import FHIR
import SQL
import Synchronization

/// The ordered feed of all changes, and the projections that follow it.
///
/// Projections at the same place share one reading of the feed. One that fails waits, longer each time, and holds up
/// nobody else.
public final class ChangeFeed: Sendable {
    /// At most this many changes are read at a time.
    static let batchChangesMax = 2000
    /// A batch ends when its bodies come to this many bytes.
    static let batchBytesMax = 4 << 20
    static let backoffSecondsMax = 60.0

    fileprivate struct Standing {
        var sequence: Int64 = 0
        var failures = 0
        var lastError: String?
        var retryAt: ContinuousClock.Instant?
        var rebuildTarget: Int64?
        var oldestWaiting: Int64?
    }

    private struct State {
        var head: Int64 = 0
        var standings: [String: Standing] = [:]
        var signal: CheckedContinuation<Void, Never>?
        var isSignalled = false
        var isClosed = false
        var settlers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let projections: [any Projection]
    private let database: any SQLDatabase
    private let parts: StoreParts
    private let now: @Sendable () -> Int64

    init(
        _ projections: [any Projection], database: any SQLDatabase, parts: StoreParts,
        now: @escaping @Sendable () -> Int64
    ) throws {
        self.projections = projections
        self.database = database
        self.parts = parts
        self.now = now
        try database.write { db in
            for projection in projections {
                let known = try db.first(
                    "SELECT revision, sequence FROM projection WHERE name = ?", [.text(projection.name)]
                ) { (Int($0.int(0)), $0.int(1)) }
                if let known, known.0 == projection.revision {
                    try projection.createTables(db)
                    state.withLock { $0.standings[projection.name] = Standing(sequence: known.1) }
                } else {
                    try Self.reset(projection, db)
                    state.withLock { $0.standings[projection.name] = Standing() }
                }
            }
            let head = try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
            state.withLock { $0.head = head }
        }
    }

    /// Where every projection stands.
    public var projectionStates: [ProjectionState] {
        let time = now()
        return state.withLock { state in
            projections.map { projection in
                let standing = state.standings[projection.name] ?? Standing()
                let isBehind = standing.sequence < state.head
                let lag = isBehind ? standing.oldestWaiting.map { max(0, Double(time - $0) / 1000) } ?? 0 : 0
                return ProjectionState(
                    name: projection.name, revision: projection.revision, sequence: standing.sequence,
                    head: state.head, lagSeconds: lag, failures: standing.failures, lastError: standing.lastError,
                    isRebuilding: standing.rebuildTarget.map { standing.sequence < $0 } ?? false)
            }
        }
    }

    /// The newest change.
    public var head: Int64 { state.withLock { $0.head } }

    /// Told by the writer that the feed has grown.
    func advanced(to head: Int64) {
        state.withLock { $0.head = max($0.head, head) }
        signal()
    }

    /// Follows the feed until ``close()``.
    func run(_ writer: Writer) async {
        while true {
            let isClosed = state.withLock { $0.isClosed }
            if isClosed { break }
            let worked = await step(writer)
            if worked { continue }
            settle()
            let retry = state.withLock { $0.standings.values.compactMap(\.retryAt).min() }
            if let retry {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await self.wait() }
                    group.addTask { try? await Task.sleep(until: retry, clock: .continuous) }
                    await group.next()
                    self.signal()
                    group.cancelAll()
                }
            } else {
                await wait()
            }
        }
        settle()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal()
    }

    /// Returns when every projection has taken in what stood in the feed, or has failed on it.
    func settled() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.isClosed || Self.isSettled(state) { return true }
                state.settlers.append(continuation)
                return false
            }
            if isDone { continuation.resume() } else { signal() }
        }
    }

    /// Drops a projection's tables and rebuilds them, while everything else goes on.
    func rebuild(_ name: String, _ writer: Writer) async throws {
        guard let projection = projections.first(where: { $0.name == name }) else {
            let known = projections.map(\.name).joined(separator: ", ")
            throw RecordsError(.notFound, "There is no projection “\(name)”. There are: \(known).")
        }
        try await writer.perform { db in try Self.reset(projection, db) }
        state.withLock { state in
            state.standings[name] = Standing(rebuildTarget: state.head)
        }
        signal()
    }

    private static func reset(_ projection: any Projection, _ db: SQLConnection) throws {
        try projection.dropTables(db)
        try projection.createTables(db)
        try db.execute(
            """
            INSERT INTO projection (name, revision, sequence) VALUES (?, ?, 0)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, sequence = 0
            """, .text(projection.name), .int(projection.revision))
    }

    // MARK: Waiting

    private func signal() {
        let waiting = state.withLock { state in
            defer { state.signal = nil }
            if state.signal == nil { state.isSignalled = true }
            return state.signal
        }
        waiting?.resume()
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let goOn = state.withLock { state in
                if state.isSignalled || state.signal != nil {
                    state.isSignalled = false
                    return true
                }
                state.signal = continuation
                return false
            }
            if goOn { continuation.resume() }
        }
    }

    private static func isSettled(_ state: State) -> Bool {
        state.standings.values.allSatisfy { $0.sequence >= state.head || $0.failures > 0 }
    }

    private func settle() {
        let settlers = state.withLock { state in
            guard state.isClosed || Self.isSettled(state) else { return [CheckedContinuation<Void, Never>]() }
            defer { state.settlers = [] }
            return state.settlers
        }
        for settler in settlers { settler.resume() }
    }

    // MARK: Work

    /// Takes one batch; false when there is nothing to do now.
    private func step(_ writer: Writer) async -> Bool {
        let (place, group) = state.withLock { state in
            let ready = projections.filter { projection in
                guard let standing = state.standings[projection.name] else { return false }
                return standing.sequence < state.head && (standing.retryAt ?? .now) <= .now
            }
            let place = ready.compactMap { state.standings[$0.name]?.sequence }.min() ?? 0
            return (place, ready.filter { state.standings[$0.name]?.sequence == place })
        }
        guard !group.isEmpty else { return false }
        let interest: Set<String>? = group.reduce(into: Set()) { sum, projection in
            if let own = projection.interest { sum?.formUnion(own) } else { sum = nil }
        }
        do {
            let batch = try FeedBatch(
                after: place, database: database, parts: parts, interest: interest,
                changesMax: Self.batchChangesMax, bytesMax: Self.batchBytesMax)
            guard batch.end > place else { return false }
            state.withLock { state in
                for projection in group { state.standings[projection.name]?.oldestWaiting = batch.firstTime }
            }
            let failures = try await writer.perform { [parts] db in
                try Self.apply(batch, to: group, db, parts)
            }
            state.withLock { state in
                for projection in group {
                    if let failure = failures[projection.name] {
                        state.standings[projection.name]?.fail(failure)
                    } else {
                        state.standings[projection.name]?.advance(to: batch.end)
                    }
                }
            }
        } catch {
            let description = "\(RecordsError(translating: error).issues.first?.diagnostics ?? "")"
            state.withLock { state in
                for projection in group { state.standings[projection.name]?.fail(description) }
            }
        }
        return true
    }

    /// Each projection's changes and its place in one savepoint: a failure undoes its own work alone.
    private static func apply(
        _ batch: FeedBatch, to group: [any Projection], _ db: SQLConnection, _ parts: StoreParts
    ) throws -> [String: String] {
        let source = ChangeSource(db: db, parts: parts)
        let changes = batch.changes(source)
        var failures: [String: String] = [:]
        for projection in group {
            do {
                try db.savepoint {
                    let wanted = projection.interest.map { types in changes.filter { types.contains($0.key.type) } }
                    try projection.apply(wanted ?? changes, db)
                    try db.execute(
                        "UPDATE projection SET sequence = ? WHERE name = ?", .integer(batch.end),
                        .text(projection.name))
                }
            } catch {
                failures[projection.name] = "\(error)"
            }
        }
        return failures
    }
}

extension ChangeFeed.Standing {
    fileprivate mutating func advance(to sequence: Int64) {
        self.sequence = sequence
        failures = 0
        lastError = nil
        retryAt = nil
    }

    fileprivate mutating func fail(_ description: String) {
        failures += 1
        lastError = description
        let seconds = min(ChangeFeed.backoffSecondsMax, 0.1 * Double(1 << min(10, failures)))
        retryAt = .now + .milliseconds(Int64(seconds * 1000))
    }
}
