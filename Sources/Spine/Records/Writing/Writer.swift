import Dispatch
import SQL
import Synchronization

/// The one writer. Concurrent small writes share one commit, because an ordinary disk syncs a few hundred times a second
/// and no oftener.
final class Writer: Sendable {
    /// A request to write: it decides inside the transaction what to write, then writes it.
    struct Job: Sendable {
        /// What to write. `session` is there for jobs that must look before they write.
        var writes: @Sendable (WriteSession) throws -> [PreparedWrite]
        /// What it writes, when that is known before: it can be looked up together with the others' of a group.
        var prepared: [PreparedWrite]?
        /// Whether ``writes`` searches, so that index rows of the same group must be in place.
        var searches: Bool
        /// For whom it writes; nil for the house itself.
        var writer: SeenWriter?
        /// What is written into other tables in the same transaction, once the job has not been refused.
        var beside: (@Sendable (SQLConnection, [WriteOutcome?]) throws -> Void)?
        /// Roughly how many resources: the bound on a group.
        var size: Int
        var done: @Sendable (Result<[WriteOutcome?], any Error>) -> Void
    }

    /// At most this many resources are written in one commit.
    static let groupSizeMax = 10_000
    /// After this many groups in a row other work has its turn.
    static let groupsMax = 16
    /// At most this many jobs wait.
    static let waitingMax = 4096

    private struct State {
        var waiting: [Job] = []
        var isScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let memory: Mutex<WriterMemory>
    private let queue = DispatchQueue(label: "records.writer", qos: .userInitiated)
    private let database: any SQLDatabase
    private let parts: StoreParts
    private let now: @Sendable () -> Int64
    /// Where readers look for commits; nil where other servers commit too.
    private let commits: CommitMark?
    /// Called after each commit with the newest place of the feed.
    private let committed: @Sendable (Int64) -> Void

    init(
        _ database: any SQLDatabase, parts: StoreParts, memory: WriterMemory, commits: CommitMark?,
        now: @escaping @Sendable () -> Int64,
        committed: @escaping @Sendable (Int64) -> Void
    ) {
        self.database = database
        self.parts = parts
        self.memory = Mutex(memory)
        self.commits = commits
        self.now = now
        self.committed = committed
    }

    /// Writes what is prepared, and returns when it is durable.
    func write(
        _ prepared: [PreparedWrite], for writer: SeenWriter? = nil
    ) async throws(RecordsError) -> [WriteOutcome?] {
        try await write(size: prepared.count, prepared: prepared, for: writer) { _ in prepared }
    }

    /// Writes, and returns when the writes are durable.
    func write(
        size: Int, searches: Bool = false, prepared: [PreparedWrite]? = nil, for writer: SeenWriter? = nil,
        beside: (@Sendable (SQLConnection, [WriteOutcome?]) throws -> Void)? = nil,
        _ writes: @escaping @Sendable (WriteSession) throws -> [PreparedWrite]
    ) async throws(RecordsError) -> [WriteOutcome?] {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                submit(
                    Job(
                        writes: writes, prepared: prepared, searches: searches, writer: writer, beside: beside,
                        size: size
                    ) { continuation.resume(with: $0) })
            }
        } catch {
            throw RecordsError(translating: error)
        }
    }

    /// Does works in order, each by itself; they wait together.
    func write(
        inOrder works: [(
            size: Int, writer: SeenWriter?, beside: @Sendable (SQLConnection, [WriteOutcome?]) throws -> Void,
            writes: @Sendable (WriteSession) throws -> [PreparedWrite]
        )]
    ) async -> [Result<[WriteOutcome?], RecordsError>] {
        if works.isEmpty { return [] }
        return await withCheckedContinuation { continuation in
            let results = GatheredResults(works.count) { continuation.resume(returning: $0) }
            submit(
                works.enumerated().map { place, work in
                    Job(
                        writes: work.writes, searches: false, writer: work.writer, beside: work.beside, size: work.size
                    ) { result in results.put(result.mapError { RecordsError(translating: $0) }, at: place) }
                })
        }
    }

    /// Writes versions as they were in another store, in one commit.
    func replay(_ versions: [ReplayedVersion]) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            queue.async { continuation.resume(with: Result { try self.transaction { try $0.replay(versions) } }) }
        }
    }

    /// Writes index rows, and changes search parameters, in one commit.
    func index<T: Sendable>(_ body: @escaping @Sendable (WriteSession) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.transaction(body) }) }
        }
    }

    /// Does other work on the writing connection, in a transaction of its own.
    func perform<T: Sendable>(_ body: @escaping @Sendable (SQLConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [database] in
                continuation.resume(with: Result { try database.write(body) })
            }
        }
    }

    /// Does other work on the writing connection, in a transaction of its own that a power cut may undo.
    func performAside<T: Sendable>(_ body: @escaping @Sendable (SQLConnection) throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [database] in
                continuation.resume(with: Result { try database.writeAside(body) })
            }
        }
    }

    /// Whether jobs wait or are written.
    var isBusy: Bool { state.withLock { $0.isScheduled } }

    /// Refuses new jobs, and returns when those that wait are done.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            queue.async {
                while let group = self.nextGroup() { self.commit(group) }
                continuation.resume()
            }
        }
    }

    private func submit(_ job: Job) { submit([job]) }

    private func submit(_ jobs: [Job]) {
        let refusal: RecordsError? = state.withLock { state in
            if state.isClosed { return RecordsError(.unavailable, "The record store is closing.") }
            if state.waiting.count + jobs.count > Self.waitingMax {
                return RecordsError(.unavailable, "Too many writes are waiting; try again in a moment.")
            }
            state.waiting += jobs
            if !state.isScheduled {
                state.isScheduled = true
                queue.async { self.drain() }
            }
            return nil
        }
        if let refusal { for job in jobs { job.done(.failure(refusal)) } }
    }

    private func drain() {
        for _ in 0..<Self.groupsMax {
            guard let group = nextGroup() else { return }
            commit(group)
        }
        queue.async { self.drain() }
    }

    private func nextGroup() -> [Job]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isScheduled = false
                return nil
            }
            var size = 0
            let count = state.waiting.prefix { job in
                defer { size += job.size }
                return size == 0 || size + job.size <= Self.groupSizeMax
            }.count
            defer { state.waiting.removeFirst(count) }
            return Array(state.waiting[..<count])
        }
    }

    private func commit(_ group: [Job]) {
        var results: [Result<[WriteOutcome?], any Error>] = []
        do {
            try transaction { session in
                try session.prefetch(group.flatMap { $0.prepared ?? [] })
                for job in group { results.append(try perform(job, session)) }
            }
            parts.storedTerminology.heard(of: results)
            for (job, result) in zip(group, results) { job.done(result) }
        } catch {
            for job in group { job.done(.failure(error)) }
        }
    }

    /// Writes in one transaction, and tells of the commit.
    private func transaction<T>(_ body: (WriteSession) throws -> T) throws -> T {
        var saved: [(Int64, String)] = []
        var isBegun = false
        var head: Int64?
        defer { if isBegun { commits?.end(head) } }
        do {
            let after = try database.write { db in
                saved = try parts.terms.save(db)
                var own = memory.withLock { $0.moved() }
                if db.kind == .postgreSQL {
                    try own.refresh(db)
                    try parts.parameters.refresh(db, own.parametersRevision)
                    parts.access.refresh(own.access)
                }
                // The session is the only holder: what two hold is copied at the first change, half a million entries of it.
                let session = WriteSession(db, memory: consume own, parts: parts.with(parts.indexer), now: now())
                let result = try body(session)
                saved += try parts.terms.save(db)
                try session.finish()
                if session.versionsWritten > 0 {
                    try db.notify(ChangeFeed.channel, "\(session.memory.nextSequence - 1)")
                }
                commits?.begin()
                isBegun = true
                return (memory: session.memory, catalogue: session.catalogue, result: result)
            }
            parts.parameters.take(after.catalogue)
            memory.withLock { $0 = after.memory }
            let newest = after.memory.nextSequence - 1
            head = newest
            committed(newest)
            return after.result
        } catch {
            parts.terms.keep(saved)
            throw error
        }
    }

    /// A refusal concerns its job alone; a fault of the database ends the group.
    private func perform(_ job: Job, _ session: WriteSession) throws -> Result<[WriteOutcome?], any Error> {
        session.begin(job.writer)
        defer { session.begin(nil) }
        do {
            if job.searches || (session.isBuffered && job.prepared == nil) { try session.flush() }
            let outcomes = try session.perform(job.writes(session))
            if let beside = job.beside {
                do { try beside(session.db, outcomes) } catch let error as RecordsError {
                    // The job's writes stand already: only the whole group can be taken back.
                    throw SQLError(.statement, "\(error)")
                }
            }
            return .success(outcomes)
        } catch let refusal as RecordsError {
            return .failure(refusal)
        }
    }
}

/// The results of several jobs, told when the last has come.
private final class GatheredResults: Sendable {
    typealias Outcome = Result<[WriteOutcome?], RecordsError>

    private let state: Mutex<(results: [Outcome?], missing: Int)>
    private let whenComplete: @Sendable ([Outcome]) -> Void

    init(_ count: Int, whenComplete: @escaping @Sendable ([Outcome]) -> Void) {
        state = Mutex(([Outcome?](repeating: nil, count: count), count))
        self.whenComplete = whenComplete
    }

    func put(_ result: Outcome, at place: Int) {
        let complete: [Outcome]? = state.withLock { state in
            state.results[place] = result
            state.missing -= 1
            return state.missing == 0 ? state.results.compactMap { $0 } : nil
        }
        if let complete { whenComplete(complete) }
    }
}
