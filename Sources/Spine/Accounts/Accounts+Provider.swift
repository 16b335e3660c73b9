public import Foundation
import SQL

/// What a right that was granted to a program rests on: the account, its password, and perhaps a session.
public struct Standing: Sendable {
    /// The account, as it is now.
    public let account: Account
    /// When the password was last replaced, in milliseconds since 1970 UTC.
    public let passwordAt: Int64
    /// The session that was asked for, when it is alive and at its last stage.
    public let session: Session?
}

extension Accounts {
    /// Begins a session for a person whom another provider has identified. The own second factor is still asked for where
    /// one is enrolled.
    ///
    /// - Parameters:
    ///   - id: the account.
    ///   - factorAt: when the provider has seen a second factor, in milliseconds since 1970 UTC, where it is trusted with that;
    ///     the own one is not asked for then.
    ///   - request: where it comes from.
    ///   - previousToken: the session that the browser had before; it ends.
    /// - Throws: ``AccountsError``: `refused` when there is no such account or it may not be used, `unavailable`.
    public func signIn(
        providedFor id: UUID, factorAt: Int64? = nil, request: AccountRequest, previousToken: String? = nil
    ) async throws(AccountsError) -> NewSession {
        guard let found = try read({ db in try StoredAccount.find(db, id: id) }), found.account.state == .active else {
            try telling(request)(.refused, id)
            throw .refused(retryAfterSeconds: 0)
        }
        return try await enter(
            found, nil, nil, request, previousToken, factorAt: factorAt.map { min($0, options.now()) })
    }

    /// What rights granted by an account rest on now; nil when there is no such account.
    public func standing(of id: UUID, session: UUID?) throws(AccountsError) -> Standing? {
        let now = options.now()
        return try read { db in
            guard let found = try StoredAccount.find(db, id: id) else { return nil }
            let alive = try session.flatMap { session in
                try Session.list(db, of: id, at: now).first { $0.id == session && $0.stage == .full }
            }
            return Standing(account: found.account, passwordAt: found.passwordAt, session: alive)
        }
    }
}
