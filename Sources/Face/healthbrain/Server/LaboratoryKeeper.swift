import Calendar
import Laboratories
import Logging
import Records
import SQL
import ServiceLifecycle

/// Routes samples whenever something was written, and when a new day brings new capacity. Of several servers on one database one does.
struct LaboratoryKeeper: Service {
    /// Between two looks at how far the records are, in seconds.
    private static let seconds = 2
    /// A run takes at most one part in so many of the time.
    private static let restFactor = 20

    private let desk: LaboratoryDesk
    private let lock: any SQLLeaderLock
    /// Whether the store is whole: one that is being filled is history.
    private let isWhole: @Sendable () -> Bool
    private let logger: Logger

    init(_ desk: LaboratoryDesk, isWhole: @escaping @Sendable () -> Bool, _ logger: Logger) {
        self.desk = desk
        self.isWhole = isWhole
        self.logger = logger
        lock = desk.store.leaderLock("laboratories")
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(desk.store.readingThreads) { await look() }
        }
        lock.release()
    }

    private func look() async {
        var seen: (head: Int64, day: CivilDay)?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let now = WallClock.milliseconds()
                let day = CivilDay(milliseconds: now)
                guard let head = desk.store.feed.projectionStates.first?.head, seen?.head != head || seen?.day != day,
                    isWhole(), lock.hold()
                else { continue }
                let start = ContinuousClock.now
                let report = try await desk.run(now: now)
                seen = (head, day)
                if !report.isEmpty {
                    logger.notice(
                        "samples",
                        metadata: [
                            "routed": "\(report.routed)", "rerouted": "\(report.rerouted)",
                            "waiting": "\(report.waiting)", "returned": "\(report.returned)",
                        ])
                }
                try await Task.sleep(for: (ContinuousClock.now - start) * Self.restFactor)
            } catch is CancellationError {
                return
            } catch {
                logger.error("samples can't be routed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
