import Foundation
import SQL

/// What a person brings into an authenticator app.
public struct Enrolment: Sendable {
    /// `otpauth://…`, to be shown as a picture.
    public let uri: String
    /// The secret in groups of four, to be typed.
    public let secret: String
}

/// A second factor that has just been enrolled.
public struct Enrolled: Sendable {
    /// The session under its new token.
    public let session: NewSession
    /// The recovery codes, to be shown once.
    public let recoveryCodes: [String]
}

extension Accounts {
    /// How fresh the second factor has to be for changing it, in seconds.
    public static let changeFactorSeconds = 300

    /// Takes a code of the second factor, or a recovery code: as the second step of a sign-in, or as a step-up of a session
    /// that is signed in already. The session goes on under a new token and remembers the instant.
    ///
    /// - Throws: ``AccountsError``: `notSignedIn`, `refused` for a wrong or used code, `unavailable`.
    public func giveSecondFactor(
        _ code: String, token: String, request: AccountRequest
    ) async throws(AccountsError) -> NewSession {
        let tell = telling(request)
        let held = try pendingSession(token: token)
        guard let held, held.account.hasSecondFactor, held.session.stage == .secondFactor || held.session.stage == .full
        else { throw .notSignedIn }
        try admit(held.account.id.uuidString, tell)
        let now = options.now()
        return try await checking(code, token, held.account, request) { [secrets] stored, db in
            let typed = RecoveryCode(code)
            if let typed { return try stored.use(typed, db) }
            guard let factor = stored.factor else { return false }
            let totp = try factor.opened(secrets, owner: stored.account.id)
            guard let step = totp.step(of: code, at: now, after: stored.lastStep) else { return false }
            stored.lastStep = step
            return true
        } then: { _, session, _ in
            session.secondFactorAt = now
        } telling: { session, db in
            try tell(RecoveryCode(code) != nil ? .recoveryCodeUsed : .secondFactorGiven, held.account.id, in: db)
            if held.session.stage != .full, session.stage == .full { try tell(.signedIn, held.account.id, in: db) }
        }
    }

    /// Begins to enrol a second factor; it counts only when ``confirmEnrolment(_:token:request:)`` has seen a code of it.
    ///
    /// - Throws: ``AccountsError``: `notSignedIn`, `stepUpNeeded` when there is one already and it was not just given,
    ///   `unavailable`.
    public func beginEnrolment(
        token: String, algorithm: TOTP.Algorithm = .sha1
    ) async throws(AccountsError) -> Enrolment {
        let held = try enrolling(token)
        let secretBytes = [TOTP.Algorithm.sha1: 20, .sha256: 32, .sha512: 64][algorithm] ?? 20
        let totp = TOTP(secret: options.random(secretBytes), algorithm: algorithm)
        let factor = StoredFactor(totp, secrets, owner: held.account.id, nonce: options.random(12))
        try await change(held.account.id, nil) { stored, _ in stored.pending = factor }
        return Enrolment(
            uri: totp.uri(issuer: options.issuer, account: held.account.login.description), secret: totp.typedSecret)
    }

    /// Enrols the second factor by a code of it, and gives recovery codes. Every other session ends.
    ///
    /// - Throws: ``AccountsError``: `notSignedIn`, `stepUpNeeded`, `refused` for a wrong code, `unavailable`.
    public func confirmEnrolment(
        _ code: String, token: String, request: AccountRequest
    ) async throws(AccountsError) -> Enrolled {
        let (held, tell) = (try enrolling(token), telling(request))
        let now = options.now()
        let codes = newRecoveryCodes()
        let session = try await checking(code, token, held.account, request) { [secrets] stored, _ in
            guard let pending = stored.pending else { return false }
            let totp = try pending.opened(secrets, owner: stored.account.id)
            guard let step = totp.step(of: code, at: now, after: nil) else { return false }
            stored.factor = pending
            stored.pending = nil
            stored.lastStep = step
            stored.account.hasSecondFactor = true
            stored.account.changed = now
            return true
        } then: { stored, session, db in
            session.secondFactorAt = now
            try stored.replaceRecoveryCodes(db, with: codes)
            try Session.endAll(db, of: stored.account.id, except: session.id)
        } telling: { session, db in
            try tell(.secondFactorEnrolled, held.account.id, in: db)
            if held.session.stage != .full, session.stage == .full { try tell(.signedIn, held.account.id, in: db) }
        }
        return Enrolled(session: session, recoveryCodes: codes.map(\.text))
    }

    /// New recovery codes in place of those that are left.
    ///
    /// - Throws: ``AccountsError``: `notSignedIn`, `stepUpNeeded`, `unavailable`.
    public func renewRecoveryCodes(token: String) async throws(AccountsError) -> [String] {
        let held = try steppedUp(token)
        let codes = newRecoveryCodes()
        try await change(held.account.id, .recoveryCodesRenewed) { stored, db in
            try stored.replaceRecoveryCodes(db, with: codes)
        }
        return codes.map(\.text)
    }

    /// Takes the second factor away.
    ///
    /// - Throws: ``AccountsError``: `notSignedIn`, `stepUpNeeded`, `invalid` when a role can't go without, `unavailable`.
    public func removeSecondFactor(token: String, request: AccountRequest) async throws(AccountsError) {
        let held = try steppedUp(token)
        let now = options.now()
        let roles = Set(held.account.assignments(at: now).map(\.role))
        guard roles.isDisjoint(with: options.rolesWithSecondFactor) else {
            throw .invalid(
                field: "secondFactor", rule: "Your role can't go without a second factor; enrol another one.")
        }
        try await change(held.account.id, .secondFactorRemoved, request) { stored, db in
            stored.removeFactor()
            try stored.replaceRecoveryCodes(db, with: [])
            try Session.endAll(db, of: stored.account.id, except: held.session.id)
        }
    }

    private func newRecoveryCodes() -> [RecoveryCode] {
        (0..<RecoveryCode.count).map { _ in RecoveryCode(random: options.random) }
    }

    private func enrolling(_ token: String) throws(AccountsError) -> SignedIn {
        guard let held = try pendingSession(token: token),
            held.session.stage == .enrolment || held.session.stage == .full
        else { throw .notSignedIn }
        if held.account.hasSecondFactor { return try steppedUp(token) }
        return held
    }

    private func steppedUp(_ token: String) throws(AccountsError) -> SignedIn {
        guard let held = try pendingSession(token: token), held.session.stage == .full else { throw .notSignedIn }
        guard held.session.hasSecondFactor(withinSeconds: Self.changeFactorSeconds, at: options.now()) else {
            throw .stepUpNeeded
        }
        return held
    }

    /// Counts an attempt with a code, checks it, and moves the session on, in one transaction: a code is good once, however
    /// many servers are asked at the same time.
    private func checking(
        _ code: String, _ text: String, _ account: Account, _ request: AccountRequest,
        _ check: @escaping @Sendable (inout StoredAccount, SQLConnection) throws -> Bool,
        then finish: @escaping @Sendable (StoredAccount, inout Session, SQLConnection) throws -> Void,
        telling: @escaping @Sendable (Session, SQLConnection) throws -> Void
    ) async throws(AccountsError) -> NewSession {
        guard let old = SessionToken(text) else { throw .notSignedIn }
        let new = SessionToken(random: options.random)
        let now = options.now()
        let subjects = attempts.subjects("code", account.id.uuidString, address: request.address)
        let (done, wait) = try await write { [self] db -> (SignedIn?, Int64) in
            let begun: Attempts.Begun
            do {
                begun = try attempts.begin(db, subjects, at: now)
            } catch AccountsError.refused(let seconds) {
                return (nil, Int64(seconds) * 1_000)
            }
            guard var stored = try StoredAccount.find(db, id: account.id), try check(&stored, db) else {
                return (nil, begun.wait(at: now))
            }
            try stored.write(db)
            try attempts.succeed(db, begun)
            let signedIn = try rotate(db, old, new, at: now) { stored, session, db in
                try finish(stored, &session, db)
            }
            try telling(signedIn.session, db)
            return (signedIn, 0)
        }
        guard let done else {
            try self.telling(request)(.refused, account.id)
            throw .refused(afterMilliseconds: wait)
        }
        cache.forget(account.id)
        return NewSession(token: new.text, signedIn: done)
    }
}
