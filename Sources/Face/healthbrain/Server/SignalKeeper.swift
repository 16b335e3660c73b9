import Calendar
import Logging
import Records
import SQL
import ServiceLifecycle
import Signals

/// Looks for signals while the server runs, whenever the counts have moved: for what event rules tell at once, for what is unusual as
/// often as it may. Of several servers on one database one looks.
struct SignalKeeper: Service {
    /// Between two looks at how far the counts are, in seconds.
    private static let seconds = 1
    /// A whole search takes at most one part in so many of the time.
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
        var whole: Look?
        var events: Look?
        var restUntil = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let now = WallClock.milliseconds()
                guard let state = desk.store.feed.projectionStates.first(where: { $0.name == "event_counts" }) else {
                    continue
                }
                let look = Look(sequence: state.sequence, day: CivilDay(milliseconds: now))
                guard isWhole(), lock.hold() else { continue }
                if ContinuousClock.now >= restUntil, state.sequence == state.head, whole != look {
                    let start = ContinuousClock.now
                    let report = try await desk.run(until: look.day, now: now)
                    // The run's own Tasks move the feed as well, and count for nothing.
                    await desk.store.settle()
                    let end = desk.store.feed.projectionStates.first { $0.name == "event_counts" }?.sequence
                    whole = report.new.isEmpty && report.grown.isEmpty ? look : Look(sequence: end ?? 0, day: look.day)
                    events = whole
                    tell(report)
                    restUntil = .now + (ContinuousClock.now - start) * Self.restFactor
                } else if events != look, whole != look {
                    // A single case that a rule tells doesn't wait until the search may run again.
                    events = look
                    tell(try await desk.runEvents(until: look.day, now: now))
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("signals can't be looked for", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }

    private func tell(_ report: SignalDesk.Report) {
        for signal in report.new { logger.notice("signal", metadata: ["id": "\(signal.id)"]) }
    }

    /// What a look has seen.
    private struct Look: Equatable {
        let sequence: Int64
        let day: CivilDay
    }
}
