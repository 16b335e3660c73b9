import Foundation
import SQL

extension Accounts {
    /// Changes the password of whoever holds a session, which must stand at the stage `newPassword` or `full`.
    ///
    /// Every other session of the account ends; this one goes on under a new token.
    ///
    /// - Parameters:
    ///   - current: the password until now.
    ///   - new: the new one.
    ///   - token: the session's token.
    ///   - words: more that belongs to the person and may not make a password: phone and ID numbers, the birthday as eight
    ///     digits.
    ///   - request: where it comes from.
    /// - Throws: ``AccountsError``: `notSignedIn`, `refused` for a wrong current password, `password` for a new one that
    ///   does not keep the rules, `busy`, `unavailable`.
    public func changePassword(
        current: String, new: String, token: String, words: [String] = [], request: AccountRequest
    ) async throws(AccountsError) -> NewSession {
        let held = try pendingSession(token: token)
        guard let held, held.session.stage == .newPassword || held.session.stage == .full else { throw .notSignedIn }
        let id = held.account.id
        let earlierCount = max(0, options.passwords.historyCount - 1)
        let (begun, found) = try await begin("login", held.account.login.description, request) { db in
            guard let stored = try StoredAccount.find(db, id: id) else { throw AccountsError.notSignedIn }
            return (stored, try stored.earlierPasswords(db, limit: earlierCount))
        }
        guard try await verify(current, found.0.password, begun) else {
            try telling(request)(.refused, id)
            throw .refused(afterMilliseconds: begun.wait(at: options.now()))
        }
        try await write { [attempts] db in try attempts.succeed(db, begun) }
        let hash = try await checkedHash(new, found.0, found.1, words)
        let (now, tell) = (options.now(), telling(request))
        return try await rotate(token, at: now) { stored, session, db in
            guard stored.passwordAt == found.0.passwordAt else { throw AccountsError.notSignedIn }
            try stored.replacePassword(db, with: hash, at: now, keeping: earlierCount)
            stored.passwordUntil = nil
            stored.account.mustChangePassword = false
            stored.account.changed = now
            try stored.write(db)
            try Session.endAll(db, of: id, except: session.id)
        } telling: { session, db in
            try tell(.passwordChanged, id, in: db)
            if held.session.stage != .full, session.stage == .full { try tell(.signedIn, id, in: db) }
        }
    }

    /// What is wrong with a password, before an account has it; for a page that asks while the person types a first one.
    public func faults(of password: String, words: [String]) -> [PasswordFault] { check.faults(password, words: words) }

    private func checkedHash(
        _ new: String, _ stored: StoredAccount, _ earlier: [PasswordHash], _ words: [String]
    ) async throws(AccountsError) -> PasswordHash {
        var faults = check.faults(new, words: words + [stored.account.login.description, stored.account.displayName])
        guard let normal = NormalizedPassword(new) else { throw .password(faults) }
        let count = options.passwords.historyCount
        let used = count > 0 ? earlier + [stored.password].compactMap { $0 } : []
        if faults.isEmpty, try await hasher.matches(normal, anyOf: used) { faults.append(.reused(count)) }
        guard faults.isEmpty else { throw .password(faults) }
        return try await hasher.hash(normal)
    }
}
