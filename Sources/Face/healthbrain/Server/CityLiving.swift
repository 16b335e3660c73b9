import Calendar
import FHIR
import Living
import Logging
import Pathways
import Programmes
import Records
import ServiceLifecycle
import Synchronization

/// Lets residents live with the followed programmes once the city is filled, while the server answers. Until then the keeper of
/// pathways leaves them alone.
struct CityLiving: Service {
    /// After a day it rests for so many times as long as the day took, so that requests go first.
    private static let restFactor = 1.0
    /// The day that was reached is noted so often, in days.
    private static let noteDays = 7

    let folder: String
    let desk: PathwayDesk
    let programmes: [Programme]
    let board: LifeBoard
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(desk.store.readingThreads) {
                do { try await live() } catch is CancellationError {
                    return
                } catch { logger.error("the city can't live", metadata: ["error": "\(error)"]) }
            }
        }
    }

    private func live() async throws {
        while CityNote.read(folder)?.isComplete != true { try await Task.sleep(for: .seconds(1)) }
        guard var note = CityNote.read(folder), !note.isLived, let residents = note.living, !programmes.isEmpty,
            let end = CivilDay(note.end)
        else { return board.tell(nil) }
        let start = end.advanced(by: 1 - note.days)
        let first = note.livedThrough.flatMap { CivilDay($0) }?.advanced(by: 1) ?? start
        board.tell(first)
        let cast = try Cast(
            city: note.city, seed: note.seed, residents: residents, end: start.isoText, desk.store)
        var life = try CityLife(desk, programmes, try Definitions.r4(), cast: cast, seed: note.seed)
        var last = ContinuousClock.now
        let report = try await life.live(from: first, through: end, begun: start) { day in
            board.tell(day)
            if day.number % Self.noteDays == 0 || day == end {
                note.livedThrough = day.isoText
                try note.write(folder)
            }
            try await Task.sleep(for: (ContinuousClock.now - last) * Self.restFactor)
            last = ContinuousClock.now
        }
        for fault in report.faults.sorted().prefix(20) {
            logger.error("a pathway can't be worked out", metadata: ["fault": "\(fault)"])
        }
        logger.notice(
            "the city has lived",
            metadata: ["days": "\(report.days)", "done": "\(report.done)", "declined": "\(report.declined)"])
        board.tell(nil)
    }
}

/// The day to which a life has come, for the pages.
final class LifeBoard: Sendable {
    private let reached = Mutex<CivilDay?>(nil)

    /// Nil when nothing is lived.
    var day: CivilDay? { reached.withLock { $0 } }

    func tell(_ day: CivilDay?) { reached.withLock { $0 = day } }
}
