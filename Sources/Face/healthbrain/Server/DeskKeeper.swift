import Logging
import Records
import SQL
import ServiceLifecycle

/// Lets a desk look as its projection moves, and at its clocks: report cards, results of hazards. Of several servers on one database one
/// does.
struct DeskKeeper: Service {
    /// Between two looks at how far the records are, in seconds.
    private static let seconds = 1
    /// Clocks are looked at this often though nothing has come, in seconds.
    private static let clockSeconds: Int64 = 60

    /// How far the projection may be behind, in seconds.
    private static let lagMax = 2.0
    /// A run takes at most one part in so many of the time.
    private static let restFactor = 20

    let store: RecordStore
    /// What is kept, for the log and the lock.
    let name: String
    /// What the desk goes by.
    let projection: String
    /// Looks once; tells how much of what was done, nothing where that is nothing.
    let look: @Sendable (_ now: Int64) async throws -> [String: Int]
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    /// Whether the store is whole: one that is being filled is history.
    let isWhole: @Sendable () -> Bool
    let logger: Logger

    init(
        _ name: String, _ store: RecordStore, projection: String, isWhole: @escaping @Sendable () -> Bool,
        _ logger: Logger, look: @escaping @Sendable (_ now: Int64) async throws -> [String: Int]
    ) {
        self.name = name
        self.store = store
        self.projection = projection
        self.isWhole = isWhole
        self.logger = logger
        self.look = look
        lock = store.leaderLock(name)
        threads = store.readingThreads
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await keep() }
        }
        lock.release()
    }

    private func keep() async {
        var seen: (sequence: Int64, at: Int64)?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let state = store.feed.projectionStates.first { $0.name == projection }
                let now = WallClock.milliseconds()
                // A steady stream of writes holds no clock up; what is behind by more, as while it is made anew, tells of old times.
                guard let state, !state.isRebuilding, state.lagSeconds < Self.lagMax else { continue }
                let isDue = seen.map { now - $0.at >= Self.clockSeconds * 1_000 } ?? true
                guard seen?.sequence != state.sequence || isDue, isWhole(), lock.hold() else { continue }
                let start = ContinuousClock.now
                let done = try await look(now)
                let rest = (ContinuousClock.now - start) * Self.restFactor
                seen = (state.sequence, now)
                if !done.isEmpty { logger.notice("\(name)", metadata: done.mapValues { "\($0)" }) }
                try await Task.sleep(for: rest)
            } catch is CancellationError {
                return
            } catch {
                logger.error("\(name) can't be kept", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
