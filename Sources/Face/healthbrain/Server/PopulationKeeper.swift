import Calendar
import Logging
import Population
import Records
import SQL
import ServiceLifecycle
import Signals

/// Looks once a day, and once more after the start, whether the population warns of anything. Of several servers on one database one looks.
struct PopulationKeeper: Service {
    /// Between two looks at the clock, in seconds.
    private static let seconds = 5

    private let desk: PopulationDesk
    private let store: RecordStore
    private let lock: any SQLLeaderLock
    /// Whether the store is whole: one that is being filled tells of nothing but its filling.
    private let isWhole: @Sendable () -> Bool
    private let logger: Logger

    init(_ desk: PopulationDesk, _ store: RecordStore, isWhole: @escaping @Sendable () -> Bool, _ logger: Logger) {
        self.desk = desk
        self.store = store
        self.isWhole = isWhole
        self.logger = logger
        lock = store.leaderLock("population")
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(store.readingThreads) { await look() }
        }
        lock.release()
    }

    private func look() async {
        var looked: CivilDay?
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                let now = WallClock.milliseconds()
                let day = CivilDay(milliseconds: now)
                guard looked != day, isWhole(), lock.hold(),
                    let state = store.feed.projectionStates.first(where: { $0.name == "population" }),
                    !state.isRebuilding, state.sequence == state.head
                else { continue }
                for signal in try await desk.run(on: day, now: now) {
                    logger.notice("signal", metadata: ["id": "\(signal.id)"])
                }
                looked = day
            } catch is CancellationError {
                return
            } catch {
                logger.error("the population can't be watched", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(12 * Self.seconds))
            }
        }
    }
}
