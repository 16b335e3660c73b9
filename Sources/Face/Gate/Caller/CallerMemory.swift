import Accounts
import HTTPTypes
import Records
import Synchronization

/// Who a browser's last requests came from, so that the next one is not looked into anew: for a moment, and until an account
/// or a session changes.
final class CallerMemory: Sendable {
    /// For how long, in milliseconds.
    static let freshMilliseconds: Int64 = 250
    /// When there are more, all are forgotten.
    private static let keptMax = 10_000

    /// What a request says of its sender.
    struct Key: Hashable {
        var cookie: String
        var purpose: String?

        /// Nil where it is not a cookie alone that tells.
        init?(_ fields: HTTPFields, purpose: String?) {
            guard fields[.authorization] == nil, let cookie = fields[.cookie] else { return nil }
            self.cookie = cookie
            self.purpose = purpose
        }
    }

    struct Known {
        var caller: Caller
        /// As the audit log calls them; network and request are still to be said.
        var who: AccessTrace.Who
        var at: Int64
    }

    private let kept = Mutex<(generation: UInt64, callers: [Key: Known])>((0, [:]))

    func find(_ key: Key, _ generation: UInt64, at now: Int64) -> Known? {
        let found = kept.withLock { $0.generation == generation ? $0.callers[key] : nil }
        return found.flatMap { (0..<Self.freshMilliseconds).contains(now - $0.at) ? $0 : nil }
    }

    /// - Parameter generation: as it was before the caller was looked up.
    func keep(_ known: Known, _ key: Key, _ generation: UInt64) {
        kept.withLock { kept in
            if kept.generation != generation || kept.callers.count >= Self.keptMax { kept = (generation, [:]) }
            kept.callers[key] = known
        }
    }
}
