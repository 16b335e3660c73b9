import FHIR
import Logging
import Records
import SQL
import ServiceLifecycle
import Views

/// Fills the tables of views that are stored while the server runs. Of several servers on one database one fills.
struct ViewKeeper: Service {
    /// Between two looks for a new view, in seconds; after a failure ten times as long.
    private static let seconds = 1

    let filling: ViewFilling
    let lock: any SQLLeaderLock
    let threads: (any TaskExecutor)?
    let logger: Logger

    init(_ store: RecordStore, _ definitions: Definitions, _ logger: Logger) {
        filling = ViewFilling(store, ViewTables(definitions: definitions))
        lock = store.leaderLock("views")
        threads = store.readingThreads
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskExecutorPreference(threads) { await fill() }
        }
        lock.release()
    }

    private func fill() async {
        while !Task.isCancelled {
            do {
                if lock.hold(), try await filling.step() { continue }
                try await Task.sleep(for: .seconds(Self.seconds))
            } catch is CancellationError {
                return
            } catch {
                logger.error("the table of a view can't be filled", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(10 * Self.seconds))
            }
        }
    }
}
