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
    /// The channel on which servers of one database tell each other of commits.
    static let channel = "feed"

    struct Standing {
        var sequence: Int64 = 0
        var failures = 0
        var lastError: String?
        var retryAt: ContinuousClock.Instant?
        var rebuildTarget: Int64?
        var oldestWaiting: Int64?
    }

    struct State {
        var head: Int64 = 0
        var standings: [String: Standing] = [:]
        var signal: CheckedContinuation<Void, Never>?
        var isSignalled = false
        var isClosed = false
        var settlers: [CheckedContinuation<Void, Never>] = []
        /// The projections that this server leads.
        var leading: Set<String> = []
    }

    let state: Mutex<State>
    let projections: [any Projection]
    let database: any SQLDatabase
    private let parts: StoreParts
    private let now: @Sendable () -> Int64
    /// Whether other servers may have the database open.
    let isShared: Bool
    /// The right to lead each projection.
    let locks: [String: any SQLLeaderLock]

    init(
        _ projections: [any Projection], database: any SQLDatabase, parts: StoreParts,
        now: @escaping @Sendable () -> Int64
    ) throws {
        self.projections = projections
        self.database = database
        self.parts = parts
        self.now = now
        locks = Dictionary(
            projections.map { ($0.name, database.leaderLock("projection/\($0.name)")) },
            uniquingKeysWith: { first, _ in first })
        let (start, isShared) = try database.write { db in
            var start = State()
            for projection in projections {
                let known = try db.first(
                    "SELECT revision, sequence FROM projection WHERE name = ?", [.text(projection.name)]
                ) { (Int($0.int(0)), $0.int(1)) }
                if let known, known.0 == projection.revision {
                    try projection.createTables(db)
                    start.standings[projection.name] = Standing(sequence: known.1)
                } else {
                    try Self.reset(projection, db)
                    start.standings[projection.name] = Standing()
                }
            }
            start.head = try db.first("SELECT max(sequence) FROM version") { $0.int(0) } ?? 0
            if db.kind == .sqlite { start.leading = Set(projections.map(\.name)) }
            return (start, db.kind == .postgreSQL)
        }
        self.isShared = isShared
        state = Mutex(start)
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

    /// Whether a projection has yet to see something, and has not failed on it.
    var isBehind: Bool { !state.withLock { Self.isSettled($0) } }

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
        if isShared { refresh() }
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
        // Whoever applies changes holds its place first and its tables then; so does this.
        _ = try place(of: projection.name, db)
        try projection.dropTables(db)
        try projection.createTables(db)
        try db.execute(
            """
            INSERT INTO projection (name, revision, sequence) VALUES (?, ?, 0)
            ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, sequence = 0
            """, .text(projection.name), .int(projection.revision))
    }

    /// Where a projection stands in the database; on PostgreSQL it stays there until the transaction ends.
    private static func place(of name: String, _ db: SQLConnection) throws -> Int64? {
        let lock = db.kind == .postgreSQL ? " FOR UPDATE" : ""
        return try db.first("SELECT sequence FROM projection WHERE name = ?\(lock)", [.text(name)]) { $0.int(0) }
    }

    // MARK: Waiting

    func signal() {
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
                guard let standing = state.standings[projection.name], state.leading.contains(projection.name) else {
                    return false
                }
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
            let ends: [String: ApplicationEnd] =
                // What a crash undoes is applied again.
                if isShared {
                    // Beside the writer: its lock is for facts alone.
                    try database.writeAside { try Self.apply(batch, after: place, to: group, $0, parts) }
                } else {
                    try await writer.performAside { [parts] db in
                        try Self.apply(batch, after: place, to: group, db, parts)
                    }
                }
            state.withLock { state in
                for (name, end) in ends {
                    switch end {
                    case .advanced: state.standings[name]?.advance(to: batch.end)
                    case .elsewhere(let place): state.standings[name]?.sequence = place
                    case .failed(let failure): state.standings[name]?.fail(failure)
                    }
                }
            }
            if isShared { tell(ends) }
        } catch {
            let description = "\(RecordsError(translating: error).issues.first?.diagnostics ?? "")"
            state.withLock { state in
                for projection in group { state.standings[projection.name]?.fail(description) }
            }
        }
        return true
    }

    /// How the application of a batch ended for a projection.
    enum ApplicationEnd: Sendable {
        case advanced
        /// Another server has moved the projection to another place.
        case elsewhere(Int64)
        case failed(String)
    }

    /// Each projection's changes and its place in one savepoint: a failure undoes its own work alone.
    private static func apply(
        _ batch: FeedBatch, after place: Int64, to group: [any Projection], _ db: SQLConnection, _ parts: StoreParts
    ) throws -> [String: ApplicationEnd] {
        let source = ChangeSource(db: db, parts: parts)
        let changes = batch.changes(source)
        var ends: [String: ApplicationEnd] = [:]
        for projection in group {
            do {
                ends[projection.name] = try db.savepoint {
                    // One that was the leader until now can't apply twice what another has applied.
                    let found = try Self.place(of: projection.name, db) ?? 0
                    if found != place { return .elsewhere(found) }
                    let wanted = projection.interest.map { types in changes.filter { types.contains($0.key.type) } }
                    try projection.apply(wanted ?? changes, db)
                    let healed = db.kind == .postgreSQL ? ", failures = 0, error = NULL" : ""
                    try db.execute(
                        "UPDATE projection SET sequence = ?\(healed) WHERE name = ?", .integer(batch.end),
                        .text(projection.name))
                    return .advanced
                }
            } catch {
                ends[projection.name] = .failed("\(error)")
            }
        }
        return ends
    }
}

extension ChangeFeed.Standing {
    mutating func advance(to sequence: Int64) {
        self.sequence = sequence
        failures = 0
        lastError = nil
        retryAt = nil
    }

    mutating func fail(_ description: String) {
        failures += 1
        lastError = description
        let seconds = min(ChangeFeed.backoffSecondsMax, 0.1 * Double(1 << min(10, failures)))
        retryAt = .now + .milliseconds(Int64(seconds * 1000))
    }
}
