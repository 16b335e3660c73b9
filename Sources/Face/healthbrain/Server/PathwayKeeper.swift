import Living
import Logging
import Pathways
import Programmes
import Records
import SQL
import ServiceLifecycle

/// Follows the pathways of programmes as records change and as time passes. Of several servers on one database one does.
struct PathwayKeeper: Service {
    /// Between two looks at who waits, in seconds.
    private static let seconds = 1
    /// Persons who are looked at together.
    private static let batch = 100
    /// Between two batches it rests for so many times as long as one took, so that requests go first.
    private static let restFactor = 1.0

    let desk: PathwayDesk
    /// What the pathways are of: their forms and codes are laid into the store.
    let programmes: [Programme]
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    /// Whether the store is whole: one that is being filled is history.
    let isWhole: @Sendable () -> Bool
    /// How many residents live by a clock of their own, as those of a demonstration do until today is reached: they aren't looked at.
    let living: @Sendable () -> Int
    let logger: Logger

    init(
        _ desk: PathwayDesk, _ programmes: [Programme], isWhole: @escaping @Sendable () -> Bool,
        living: @escaping @Sendable () -> Int = { 0 }, _ logger: Logger
    ) {
        self.living = living
        self.desk = desk
        self.programmes = programmes
        self.isWhole = isWhole
        self.logger = logger
        lock = desk.store.leaderLock("pathways")
        threads = desk.store.readingThreads
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await look() }
        }
        lock.release()
    }

    private func look() async {
        var (hasLaid, hasAdopted) = (false, false)
        var told: Set<String> = []
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(Self.seconds))
                if !hasLaid, lock.hold() {
                    let count = try await ProgrammeShelf.lay(programmes, into: desk.store)
                    if count > 0 { logger.notice("programmes are laid in", metadata: ["resources": "\(count)"]) }
                    hasLaid = true
                }
                let state = desk.store.feed.projectionStates.first { $0.name == "pathway" }
                guard let state, !state.isRebuilding, isWhole(), lock.hold() else { continue }
                if !hasAdopted {
                    if try await desk.adopt() { logger.notice("pathways have changed: everybody is looked at") }
                    hasAdopted = true
                }
                while !Task.isCancelled {
                    let now = WallClock.milliseconds()
                    let living = living()
                    let persons = try desk.waiting(now: now, limit: Self.batch + living).filter {
                        living == 0 || !Cast.isLiving($0)
                    }
                    guard !persons.isEmpty else { break }
                    let start = ContinuousClock.now
                    let report = try await desk.step(persons, now: now)
                    for fault in report.faults.subtracting(told).sorted() {
                        logger.error("a pathway can't be worked out", metadata: ["fault": "\(fault)"])
                    }
                    told.formUnion(report.faults)
                    if report.written > 0 {
                        logger.info(
                            "pathways", metadata: ["persons": "\(report.persons)", "written": "\(report.written)"])
                    }
                    try await Task.sleep(for: (ContinuousClock.now - start) * Self.restFactor)
                    // Another server may have taken over.
                    guard lock.hold() else { break }
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("pathways can't be followed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
