public import Foundation
import SQL

extension Accounts {
    // MARK: Looking up

    /// Who is signed in with a token: a session at its last stage and its account; nil when there is none.
    ///
    /// Ask at every request. What has ended on any server is nil here half a second later at most; whoever remembers the
    /// answer adds that time, as the gate does, for which it is three quarters of a second.
    ///
    /// - Throws: ``AccountsError/unavailable(_:)``: when the database does not answer, nobody is signed in.
    public func session(token: String) async throws(AccountsError) -> SignedIn? {
        guard let token = SessionToken(token) else { return nil }
        let (digest, now) = (token.digest, options.now())
        guard let found = try lookUp(digest, at: now), found.session.stage == .full else { return nil }
        guard now - found.session.seen >= Session.seenMilliseconds else { return found }
        try await writeAside { db in
            try db.execute(
                "UPDATE account_session SET seen = ? WHERE digest = ? AND seen < ?", .integer(now), .blob(digest),
                .integer(now))
        }
        cache.saw(digest, at: now)
        var seen = found
        seen.session.seen = now
        return seen
    }

    /// Rises with each change of an account or a session that this process makes or hears of: what ``session(token:)`` gave
    /// before may not hold any more. The same number says no more than that for a moment: others are heard of by asking.
    public var generation: UInt64 { cache.generation }

    /// A session at any stage, for the pages of the sign-in alone.
    public func pendingSession(token: String) throws(AccountsError) -> SignedIn? {
        guard let token = SessionToken(token) else { return nil }
        return try lookUp(token.digest, at: options.now())
    }

    private func lookUp(_ digest: [UInt8], at now: Int64) throws(AccountsError) -> SignedIn? {
        var found = cache.find(digest, at: now)
        if case .stale(let change) = found {
            let changes = try read { db in
                try db.query("SELECT account, change FROM account_change WHERE change > ?", [.integer(change)]) {
                    (UUID(uuidString: $0.text(0)), $0.int(1))
                }.compactMap { id, change in id.map { (account: $0, change: change) } }
            }
            cache.refresh(from: change, changes, at: now)
            found = cache.find(digest, at: now)
        }
        switch found {
        case .session(let signedIn): return Self.usable(signedIn, at: now)
        case .unknown(let change), .stale(let change):
            let stored = try read { db -> SignedIn? in
                guard let session = try Session.find(db, digest),
                    let owner = try StoredAccount.find(db, id: session.accountID)
                else { return nil }
                return SignedIn(session: session, account: owner.account)
            }
            guard let stored, let usable = Self.usable(stored, at: now) else { return nil }
            cache.keep(usable, digest, change: change)
            return usable
        }
    }

    private static func usable(_ signedIn: SignedIn, at now: Int64) -> SignedIn? {
        signedIn.session.isAlive(at: now) && signedIn.account.state == .active ? signedIn : nil
    }

    // MARK: Listing and ending

    /// The sessions of an account that are alive, the last used first.
    public func sessions(of account: UUID) throws(AccountsError) -> [Session] {
        let now = options.now()
        return try read { db in try Session.list(db, of: account, at: now) }
    }

    /// Ends the session of a token: signing out. Ending one that is not there does nothing.
    public func signOut(token: String, request: AccountRequest) async throws(AccountsError) {
        guard let token = SessionToken(token),
            let session = try read({ db in try Session.find(db, token.digest) })
        else { return }
        try await endSession(session.id, of: session.accountID, request: request)
    }

    /// Ends one session of an account.
    ///
    /// - Throws: ``AccountsError/notFound`` when the account has no such session.
    public func endSession(
        _ id: UUID, of account: UUID, request: AccountRequest? = nil
    ) async throws(AccountsError) {
        try await ending(account, request) { db in
            guard try Session.list(db, of: account, at: .min).contains(where: { $0.id == id }) else {
                throw AccountsError.notFound
            }
            try Session.end(db, id)
        }
    }

    /// Ends every session of an account, but for one.
    public func endSessions(
        of account: UUID, except kept: UUID? = nil, request: AccountRequest? = nil
    ) async throws(AccountsError) {
        try await ending(account, request) { db in try Session.endAll(db, of: account, except: kept) }
    }

    private func ending(
        _ account: UUID, _ request: AccountRequest?, _ body: @escaping @Sendable (SQLConnection) throws -> Void
    ) async throws(AccountsError) {
        let tell = telling(request)
        try await write { db in
            guard let stored = try StoredAccount.find(db, id: account) else { throw AccountsError.notFound }
            try body(db)
            try stored.announce(db)
            try tell(.sessionEnded, account, in: db)
        }
        cache.forget(account)
    }

    // MARK: Moving on

    /// Changes an account together with the session that does it, which goes on under a new token.
    ///
    /// - Parameter telling: tells of it, once it is clear at which stage the session stands.
    /// - Throws: ``AccountsError/notSignedIn`` when the session has ended meanwhile.
    func rotate(
        _ text: String, at now: Int64,
        _ body: @escaping @Sendable (inout StoredAccount, inout Session, SQLConnection) throws -> Void,
        telling: @escaping @Sendable (Session, SQLConnection) throws -> Void
    ) async throws(AccountsError) -> NewSession {
        guard let old = SessionToken(text) else { throw .notSignedIn }
        let new = SessionToken(random: options.random)
        let signedIn = try await write { [self] db -> SignedIn in
            let signedIn = try rotate(db, old, new, at: now, body)
            try telling(signedIn.session, db)
            return signedIn
        }
        cache.forget(signedIn.account.id)
        return NewSession(token: new.text, signedIn: signedIn)
    }

    /// The same within a transaction.
    func rotate(
        _ db: SQLConnection, _ old: SessionToken, _ new: SessionToken, at now: Int64,
        _ body: (inout StoredAccount, inout Session, SQLConnection) throws -> Void
    ) throws -> SignedIn {
        guard var session = try Session.find(db, old.digest), session.isAlive(at: now),
            var stored = try StoredAccount.find(db, id: session.accountID), stored.account.state == .active
        else { throw AccountsError.notSignedIn }
        let (wasFull, expires) = (session.stage == .full, session.expires)
        try body(&stored, &session, db)
        move(&session, of: stored, at: now)
        // Nothing but signing in makes a session last longer.
        if wasFull { session.expires = min(session.expires, expires) }
        try Session.end(db, digest: old.digest)
        try session.insert(db, new.digest)
        try stored.announce(db)
        return SignedIn(session: session, account: stored.account)
    }
}
