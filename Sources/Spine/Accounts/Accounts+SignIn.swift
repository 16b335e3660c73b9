import Foundation
import SQL

extension Accounts {
    /// Takes a login name and a password.
    ///
    /// Whatever is wrong, the answer is ``AccountsError/refused(retryAfterSeconds:)``, after the same work: one hash.
    ///
    /// - Parameters:
    ///   - login: the name, as typed.
    ///   - password: the password, as typed.
    ///   - request: where it comes from.
    ///   - previousToken: the session that the browser had before; it ends.
    /// - Returns: a session; look at its stage for what comes next.
    /// - Throws: ``AccountsError``: `refused`, `passwordExpired`, `busy`, `unavailable`.
    public func signIn(
        login: String, password: String, request: AccountRequest, previousToken: String? = nil
    ) async throws(AccountsError) -> NewSession {
        let tell = telling(request)
        let name = try? LoginName(login)
        let tried = name?.description ?? String(decoding: login.utf8.prefix(256), as: UTF8.self)
        try admit(tried, tell)
        let (begun, found) = try await begin("login", tried, request) { db in
            try name.flatMap { try StoredAccount.find(db, login: $0) }
        }
        let isRight = try await verify(password, found?.password, begun)
        guard isRight, let found, found.account.state == .active else {
            try tell(.refused, found?.account.id)
            throw .refused(afterMilliseconds: begun.wait(at: options.now()))
        }
        if let until = found.passwordUntil, until <= options.now() {
            try await write { [attempts] db in try attempts.succeed(db, begun) }
            try tell(.refused, found.account.id)
            throw .passwordExpired
        }
        let better = try await rehashed(password, found)
        return try await enter(found, better, begun, request, previousToken)
    }

    /// Counts an attempt and reads what it is about, in one transaction.
    func begin<T: Sendable>(
        _ kind: String, _ name: String, _ request: AccountRequest,
        _ body: @escaping @Sendable (SQLConnection) throws -> T
    ) async throws(AccountsError) -> (Attempts.Begun, T) {
        let now = options.now()
        let subjects = attempts.subjects(kind, name, address: request.address)
        do {
            return try await write { [attempts] db in (try attempts.begin(db, subjects, at: now), try body(db)) }
        } catch {
            if case .refused = error { try telling(request)(.refused, nil) }
            throw error
        }
    }

    /// Holds back whoever tries one account too often, whether it exists or not.
    func admit(_ account: String, _ tell: AccountTelling) throws(AccountsError) {
        guard let seconds = options.admission(account) else { return }
        try tell(.refused, nil)
        throw .refused(retryAfterSeconds: max(1, seconds))
    }

    /// Compares a password with an account's, or with nobody's. An attempt that the machine has no time for is none.
    func verify(
        _ password: String, _ hash: PasswordHash?, _ begun: Attempts.Begun
    ) async throws(AccountsError) -> Bool {
        // What is too large to be a password costs what a password costs.
        let normal = NormalizedPassword(password)
        do {
            let matches = try await hasher.matches(normal ?? .empty, anyOf: [hash ?? nobody])
            return matches && normal != nil && hash != nil
        } catch {
            try await write { [attempts] db in try attempts.withdraw(db, begun) }
            throw error
        }
    }

    /// A better hash of a right password where the parameters have risen since; nil where they have not, and when the
    /// machine is busy: there will be another sign-in.
    private func rehashed(_ password: String, _ found: StoredAccount) async throws(AccountsError) -> PasswordHash? {
        guard found.password?.parameters != options.argon2, let normal = NormalizedPassword(password) else {
            return nil
        }
        do { return try await hasher.hash(normal) } catch .busy { return nil }
    }

    /// Begins the session, and tells of it where no step is left; `begun` is nil where no attempt was counted.
    ///
    /// - Parameter factorAt: when another provider has seen a second factor; nil when it has not.
    func enter(
        _ found: StoredAccount, _ better: PasswordHash?, _ begun: Attempts.Begun?, _ request: AccountRequest,
        _ previousToken: String?, factorAt: Int64? = nil
    ) async throws(AccountsError) -> NewSession {
        let (now, tell) = (options.now(), telling(request))
        let token = SessionToken(random: options.random)
        let previous = previousToken.flatMap { SessionToken($0) }
        let sessionID = newID()
        let (signedIn, ended) = try await write { [self] db -> (SignedIn, UUID?) in
            // Somebody may have changed the account while the hash was computed.
            guard var stored = try StoredAccount.find(db, id: found.account.id), stored.account.state == .active,
                stored.passwordAt == found.passwordAt
            else { throw AccountsError.refused(retryAfterSeconds: 0) }
            if let begun { try attempts.succeed(db, begun) }
            if let better {
                stored.password = better
                try stored.write(db)
            }
            try Session.sweep(db, at: now)
            let ended = try previous.flatMap { try Session.find(db, $0.digest) }
            if let previous { try Session.end(db, digest: previous.digest) }
            let all = try Session.list(db, of: stored.account.id, at: now)
            let surplus = all.dropFirst(options.sessionsMax - 1)
            for old in surplus { try Session.end(db, old.id) }
            if !surplus.isEmpty || ended?.accountID == stored.account.id { try stored.announce(db) }
            if let other = ended, other.accountID != stored.account.id {
                try StoredAccount.find(db, id: other.accountID)?.announce(db)
            }
            var session = Session(
                id: sessionID, accountID: stored.account.id, stage: .full, created: now, seen: now, expires: now,
                idleMilliseconds: 0, device: DeviceLabel.label(request.userAgent),
                address: String(decoding: request.address.utf8.prefix(64), as: UTF8.self), secondFactorAt: factorAt)
            move(&session, of: stored, at: now)
            try session.insert(db, token.digest)
            if session.stage == .full { try tell(.signedIn, stored.account.id, in: db) }
            return (SignedIn(session: session, account: stored.account), ended?.accountID)
        }
        cache.forget(signedIn.account.id)
        if let ended { cache.forget(ended) }
        return NewSession(token: token.text, signedIn: signedIn)
    }

    /// Brings a session to the stage where its account stands, with the times of that stage.
    func move(_ session: inout Session, of stored: StoredAccount, at now: Int64) {
        session.stage = stage(of: stored, secondFactorAt: session.secondFactorAt, at: now)
        let isStaff = stored.account.isStaff(at: now)
        let (idle, whole) =
            session.stage != .full
            ? (options.stageSeconds, options.stageSeconds)
            : isStaff
                ? (options.staffIdleSeconds, options.staffSessionSeconds)
                : (options.residentIdleSeconds, options.residentSessionSeconds)
        session.idleMilliseconds = Int64(idle) * 1_000
        session.expires = now + Int64(whole) * 1_000
        session.seen = now
    }

    private func stage(of stored: StoredAccount, secondFactorAt: Int64?, at now: Int64) -> Session.Stage {
        if stored.factor != nil, secondFactorAt == nil { return .secondFactor }
        let isOld = options.passwords.daysMax.map { now - stored.passwordAt >= Int64($0) * 86_400_000 } ?? false
        if stored.account.mustChangePassword || isOld && stored.password != nil { return .newPassword }
        let roles = Set(stored.account.assignments(at: now).map(\.role))
        if stored.factor == nil, secondFactorAt == nil, !roles.isDisjoint(with: options.rolesWithSecondFactor) {
            return .enrolment
        }
        return .full
    }
}

extension NormalizedPassword {
    /// What is compared in place of something too large.
    static let empty = NormalizedPassword(empty: ())

    private init(empty: Void) { text = "" }
}
