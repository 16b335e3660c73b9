import Calendar
import Logging
import Records
import SQL
import ServiceLifecycle
import Signals

/// Looks for signals while the server runs, whenever the counts have moved. Of several servers on one database one looks.
struct SignalKeeper: Service {
    /// Between two looks at how far the counts are, in seconds.
    private static let seconds = 2
    /// A run takes at most one part in so many of the time.
    private static let restFactor = 20

    let desk: SignalDesk
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    /// Whether the store is whole: one that is being filled tells of nothing but its filling.
    let isWhole: @Sendable () -> Bool
    let logger: Logger

    init(_ desk: SignalDesk, isWhole: @escaping @Sendable () -> Bool, _ logger: Logger) {
        self.desk = desk
        self.isWhole = isWhole
        self.logger = logger
        lock = desk.store.leaderLock("signals")
        threads = desk.store.readingThreads
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await look() }
        }
        lock.release()
    }

    private func look() async {
        var seen: (sequence: Int64, day: CivilDay)?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let state = desk.store.feed.projectionStates.first { $0.name == "event_counts" }
                let now = WallClock.milliseconds()
                let day = CivilDay(milliseconds: now)
                // The run's own Tasks move the feed as well, and count for nothing.
                guard let state, state.sequence == state.head, seen?.sequence != state.sequence || seen?.day != day,
                    isWhole(), lock.hold()
                else { continue }
                let start = ContinuousClock.now
                let report = try await desk.run(until: day, now: now)
                await desk.store.settle()
                let end = desk.store.feed.projectionStates.first { $0.name == "event_counts" }?.sequence
                seen = (report.new.isEmpty && report.grown.isEmpty ? state.sequence : end ?? state.sequence, day)
                for signal in report.new { logger.notice("signal", metadata: ["id": "\(signal.id)"]) }
                try await Task.sleep(for: (ContinuousClock.now - start) * Self.restFactor)
            } catch is CancellationError {
                return
            } catch {
                logger.error("signals can't be looked for", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
