import Foundation
import SignIn
import Synchronization

/// The origins of the apps that are registered, as they were some seconds ago at most.
final class AppOrigins: Sendable {
    private static let keptSeconds = 5.0
    private let clients: ClientRegistry
    private let known = Mutex<(origins: Set<String>, at: Date)>(([], .distantPast))

    init(_ clients: ClientRegistry) { self.clients = clients }

    /// Whether pages of an origin may read answers; none may while the registry can't be read.
    func allows(_ origin: String) -> Bool {
        let now = Date()
        let kept = known.withLock { $0 }
        if (0..<Self.keptSeconds).contains(now.timeIntervalSince(kept.at)) { return kept.origins.contains(origin) }
        let found = (try? clients.origins()) ?? []
        known.withLock { $0 = (found, now) }
        return found.contains(origin)
    }
}
