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
    /// While requests are being answered it rests between two batches for so many times as long as one took, so that they go first.
    private static let restFactor = 1.0

    let desk: PathwayDesk
    /// What the pathways are of: their forms and codes are laid into the store.
    let programmes: [Programme]
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    /// Whether others wait for the processors.
    let isServing: @Sendable () -> Bool
    /// Whether the store is whole: one that is being filled is history.
    let isWhole: @Sendable () -> Bool
    /// How many residents live by a clock of their own, as those of a demonstration do until today is reached: they aren't looked at.
    let living: @Sendable () -> Int
    let logger: Logger

    init(
        _ desk: PathwayDesk, _ programmes: [Programme], isWhole: @escaping @Sendable () -> Bool,
        living: @escaping @Sendable () -> Int = { 0 }, isServing: @escaping @Sendable () -> Bool, _ logger: Logger
    ) {
        self.isServing = isServing
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
                try await follow(&told)
            } catch is CancellationError {
                return
            } catch {
                logger.error("pathways can't be followed", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }

    /// Looks at those who wait until nobody does.
    private func follow(_ told: inout Set<String>) async throws {
        var start = ContinuousClock.now
        _ = try await desk.run(
            batch: Self.batch, now: { WallClock.milliseconds() },
            waiting: { now, limit in
                let living = living()
                let persons = try desk.waiting(now: now, limit: limit + living)
                return living == 0 ? persons : persons.filter { !Cast.isLiving($0) }
            },
            between: { one in
                for fault in one.faults.subtracting(told).sorted() {
                    logger.error("a pathway can't be worked out", metadata: ["fault": "\(fault)"])
                }
                told.formUnion(one.faults)
                if one.written > 0 {
                    logger.info("pathways", metadata: ["persons": "\(one.persons)", "written": "\(one.written)"])
                }
                if isServing() { try await Task.sleep(for: (ContinuousClock.now - start) * Self.restFactor) }
                start = ContinuousClock.now
                // Another server may have taken over.
                return !Task.isCancelled && lock.hold()
            })
    }
}
