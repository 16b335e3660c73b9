import Foundation
import Synchronization

/// Computes password hashes on threads of its own, a few at a time: each takes tens of MiB and a tenth of a second.
///
/// Those that wait have a bound too, so that a flood of sign-ins is told to come again rather than piling up.
final class PasswordHasher: Sendable {
    let parameters: Argon2Parameters
    private let waitingMax: Int
    private let waiting = Mutex(0)
    private let queue: OperationQueue

    init(_ parameters: Argon2Parameters, concurrency: Int, waitingMax: Int) {
        precondition(parameters.isWithinBounds, "argon2id takes 1 to 16 lanes, 8 KiB to 1 GiB, 1 to 16 passes")
        self.parameters = parameters
        self.waitingMax = waitingMax
        queue = OperationQueue()
        queue.maxConcurrentOperationCount = concurrency
        queue.name = "accounts.passwords"
    }

    /// Hashes with a new salt.
    func hash(_ password: NormalizedPassword) async throws(AccountsError) -> PasswordHash {
        let parameters = parameters
        return try await run { () throws(AccountsError) in
            try PasswordHash(password, salt: randomBytes(PasswordHash.saltBytes), parameters)
        }
    }

    /// Whether one of some hashes is that of a password; computes all of them.
    func matches(_ password: NormalizedPassword, anyOf hashes: [PasswordHash]) async throws(AccountsError) -> Bool {
        try await run { () throws(AccountsError) in
            var isFound = false
            for hash in hashes where try hash.matches(password) { isFound = true }
            return isFound
        }
    }

    private func run<T: Sendable>(
        _ work: @escaping @Sendable () throws(AccountsError) -> T
    ) async throws(AccountsError) -> T {
        let isFull = waiting.withLock { waiting in
            if waiting >= waitingMax { return true }
            waiting += 1
            return false
        }
        if isFull { throw .busy(retryAfterSeconds: 5) }
        defer { waiting.withLock { $0 -= 1 } }
        let result: Result<T, AccountsError> = await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: Result(catching: work)) }
        }
        return try result.get()
    }
}
