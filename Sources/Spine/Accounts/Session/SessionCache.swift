import Foundation
import Synchronization

/// Sessions that were just looked up, so that a request need not ask the database.
///
/// Every change that ends sessions, or that changes an account, has a number. Twice a second at most, whoever looks up
/// reads the changes since the last look and forgets those accounts: no session outlives its end by more than that, whichever
/// server ended it. When the database does not answer, nobody is signed in.
final class SessionCache: Sendable {
    /// How long a look at the changes is good for, in milliseconds.
    static let freshMilliseconds: Int64 = 500
    /// When there are more, all are forgotten.
    private static let sessionsMax = 20_000

    private struct State {
        var sessions: [[UInt8]: SignedIn] = [:]
        var digests: [UUID: Set<[UInt8]>] = [:]
        /// The last change that was seen.
        var change: Int64 = 0
        var lookedAt: Int64?

        mutating func forget(_ account: UUID) {
            for digest in digests.removeValue(forKey: account) ?? [] { sessions[digest] = nil }
        }
    }

    private let state = Mutex(State())
    private let forgotten = Atomic<UInt64>(0)

    /// Rises whenever something is forgotten: what was taken from here before may have ended.
    var generation: UInt64 { forgotten.load(ordering: .acquiring) }

    /// What is known of a session.
    enum Found {
        case session(SignedIn)
        /// Nothing. What is then read from the database may be kept under this change's number.
        case unknown(change: Int64)
        /// The changes behind this number have to be read first.
        case stale(change: Int64)
    }

    func find(_ digest: [UInt8], at now: Int64) -> Found {
        state.withLock { state in
            guard let lookedAt = state.lookedAt, (0..<Self.freshMilliseconds).contains(now - lookedAt) else {
                return .stale(change: state.change)
            }
            return state.sessions[digest].map { .session($0) } ?? .unknown(change: state.change)
        }
    }

    /// Takes in the changes behind number `from`, read from the database after the instant `now`.
    func refresh(from: Int64, _ changes: [(account: UUID, change: Int64)], at now: Int64) {
        state.withLock { state in
            for (account, _) in changes { state.forget(account) }
            if !changes.isEmpty { forgotten.add(1, ordering: .releasing) }
            state.change = max(state.change, changes.map(\.change).max() ?? from)
            state.lookedAt = now
        }
    }

    /// Keeps a session read from the database, unless changes were seen since: one of them may have ended it.
    func keep(_ signedIn: SignedIn, _ digest: [UInt8], change: Int64) {
        state.withLock { state in
            guard state.change == change else { return }
            if state.sessions.count >= Self.sessionsMax {
                state.sessions.removeAll()
                state.digests.removeAll()
            }
            state.sessions[digest] = signedIn
            state.digests[signedIn.account.id, default: []].insert(digest)
        }
    }

    /// The session was used.
    func saw(_ digest: [UInt8], at now: Int64) {
        state.withLock { $0.sessions[digest]?.session.seen = now }
    }

    /// Forgets an account at once.
    func forget(_ account: UUID) {
        state.withLock { $0.forget(account) }
        forgotten.add(1, ordering: .releasing)
    }
}
