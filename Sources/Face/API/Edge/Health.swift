import Records
import Synchronization

/// Whether the server can take work: its store answers and can be written.
final class Health: Sendable {
    private let store: RecordStore
    /// The last finding, kept for a second so that probes in quick succession cost one try.
    private let last = Mutex<(at: ContinuousClock.Instant, isReady: Bool, reason: String)?>(nil)

    init(store: RecordStore) {
        self.store = store
    }

    /// Asks the writer to delete a resource that can't exist: it changes nothing, but only a store that can write
    /// says so.
    func readiness() async -> (isReady: Bool, reason: String) {
        let now = ContinuousClock.now
        if let known = last.withLock({ $0 }), known.at.duration(to: now) < .seconds(1) {
            return (known.isReady, known.reason)
        }
        var finding = (isReady: true, reason: "ready")
        do {
            _ = try await store.delete(ResourceKey(type: "Basic", id: "readiness-probe-0"))
        } catch {
            finding = (false, "the store can't be written")
        }
        let (isReady, reason) = finding
        last.withLock { $0 = (now, isReady, reason) }
        return finding
    }
}
