import Export
import ServiceLifecycle

/// Does bulk exports while the server runs.
struct ExportService: Service {
    let desk: ExportDesk
    /// Where reading may wait for a database; nil where it waits for nobody.
    let threads: (any TaskExecutor)?

    func run() async throws {
        await cancelWhenGracefulShutdown {
            guard let threads else { return await desk.run() }
            await withTaskExecutorPreference(threads) { await desk.run() }
        }
    }
}
