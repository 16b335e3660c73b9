import Logging
import Records
import Reporting
import SQL
import ServiceLifecycle
import Syndromes

/// Prepares report cards as cases come, and watches their clocks. Of several servers on one database one does.
struct ReportKeeper: Service {
    /// Between two looks at how far the records are, in seconds.
    private static let seconds = 1
    /// Clocks are looked at this often though nothing has come, in seconds.
    private static let clockSeconds: Int64 = 60

    /// How far the cases may be behind, in seconds.
    private static let lagMax = 2.0
    /// A run takes at most one part in so many of the time.
    private static let restFactor = 20

    let desk: ReportDesk
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    /// Whether the store is whole: one that is being filled is history.
    let isWhole: @Sendable () -> Bool
    let logger: Logger

    init(_ desk: ReportDesk, isWhole: @escaping @Sendable () -> Bool, _ logger: Logger) {
        self.desk = desk
        self.isWhole = isWhole
        self.logger = logger
        lock = desk.store.leaderLock("reports")
        threads = desk.store.readingThreads
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await look() }
        }
        lock.release()
    }

    private func look() async {
        var seen: (sequence: Int64, at: Int64)?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let state = desk.store.feed.projectionStates.first { $0.name == "report_cases" }
                let now = WallClock.milliseconds()
                // A steady stream of writes holds no clock up; what is behind by more, as while it is made anew, tells of old times.
                guard let state, !state.isRebuilding, state.lagSeconds < Self.lagMax else { continue }
                let isDue = seen.map { now - $0.at >= Self.clockSeconds * 1_000 } ?? true
                guard seen?.sequence != state.sequence || isDue, isWhole(), lock.hold() else { continue }
                let start = ContinuousClock.now
                let report = try await desk.run(now: now)
                let rest = (ContinuousClock.now - start) * Self.restFactor
                seen = (state.sequence, now)
                if !report.isEmpty {
                    logger.notice(
                        "report cards",
                        metadata: [
                            "prepared": "\(report.prepared.count)", "changed": "\(report.changed.count)",
                            "late": "\(report.late.count)",
                        ])
                }
                try await Task.sleep(for: rest)
            } catch is CancellationError {
                return
            } catch {
                logger.error("report cards can't be kept", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
