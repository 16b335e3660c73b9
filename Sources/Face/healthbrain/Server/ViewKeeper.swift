import FHIR
import Logging
import Records
import ServiceLifecycle
import Views

/// Fills the tables of views that are stored while the server runs.
struct ViewKeeper: Service {
    /// Between two looks for a new view, in seconds; after a failure ten times as long.
    private static let seconds = 1

    let filling: ViewFilling
    let logger: Logger

    init(_ store: RecordStore, _ definitions: Definitions, _ logger: Logger) {
        filling = ViewFilling(store, ViewTables(definitions: definitions))
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await filling.step() { continue }
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
}
