public import Access
public import Accounts
import Synchronization

/// Who acts by a token, and what they may do.
public struct TokenHolder: Sendable {
    /// The program.
    public let client: Client
    /// The person for whom it acts; nil for a backend program.
    public let account: Account?
    /// The role in which the person lets it act.
    public let assignment: RoleAssignment?
    /// What the token is limited to, with the patient in context.
    public let scopes: Scopes
    /// What names the grant in the audit log; it opens nothing.
    public let grant: String
    /// When the token ends, in milliseconds since 1970 UTC.
    public let expires: Int64
}

/// The tokens of programs: looks at them, lists and ends what was granted.
public final class SMARTTokens: Sendable {
    /// For how long an answer of the database is used again, in milliseconds: what was ended anywhere is nothing here half
    /// a second later, and opens nothing at the gate, which remembers too, a quarter of a second after that.
    static let freshMilliseconds: Int64 = 500
    /// When there are more, all are forgotten.
    private static let keptMax = 20_000

    private struct Kept: Sendable {
        let holder: TokenHolder?
        let at: Int64
    }

    private let store: SignInStore
    private let clients: ClientRegistry
    private let accounts: Accounts
    private let labels: LabelReader
    private let kept = Mutex<(accounts: UInt64, tokens: [[UInt8]: Kept])>((0, [:]))
    private let ended = Atomic<UInt64>(0)

    /// Rises whenever tokens are ended in this process: what ``holder(of:)`` gave before may not hold any more. What ends with
    /// an account or a session is told by the accounts.
    public var generation: UInt64 { ended.load(ordering: .acquiring) }

    init(
        _ store: SignInStore, _ clients: ClientRegistry, _ accounts: Accounts, _ labels: LabelReader
    ) {
        self.store = store
        self.clients = clients
        self.accounts = accounts
        self.labels = labels
    }

    /// Who acts by an access token (RFC 6750); nil when it is none, has expired or was ended.
    ///
    /// - Throws: when the database does not answer: then nobody acts.
    public func holder(of token: String) async throws -> TokenHolder? {
        guard let token = OpaqueToken(token, .access) else { return nil }
        let (digest, now) = (token.digest, accounts.options.now())
        let (own, others) = (generation, accounts.generation)
        let known = kept.withLock { $0.accounts == others ? $0.tokens[digest] : nil }
        if let known, (0..<Self.freshMilliseconds).contains(now - known.at) {
            return known.holder.flatMap { $0.expires > now ? $0 : nil }
        }
        let holder = try lookUp(token, at: now)
        kept.withLock { kept in
            // What was ended meanwhile may be this.
            guard generation == own else { return }
            if kept.accounts != others || kept.tokens.count >= Self.keptMax { kept = (others, [:]) }
            // Tokens that nobody has given out are not remembered: they would push the others out.
            kept.tokens[digest] = holder.map { Kept(holder: $0, at: now) }
        }
        return holder
    }

    private func lookUp(_ token: OpaqueToken, at now: Int64) throws -> TokenHolder? {
        let found = try store.read { db -> (StoredToken, Grant)? in
            guard let stored = try StoredToken.find(db, token), stored.kind == .access, stored.expires > now,
                let grant = try Grant.find(db, stored.grant)
            else { return nil }
            return (stored, grant)
        }
        guard let (stored, grant) = found, let standing = try grant.holder(clients, accounts, at: now) else {
            return nil
        }
        return TokenHolder(
            client: standing.client, account: standing.account, assignment: standing.assignment,
            scopes: try Scopes(stored.scopes, patient: grant.patient, labels), grant: grant.id,
            expires: min(stored.expires, grant.expires))
    }

    // MARK: - What people have granted

    /// What an account has granted to programs that outlives its sessions or is in use now, the newest first.
    public func grants(of account: Account) throws -> [GrantSummary] {
        let now = accounts.options.now()
        return try store.read { db in try Grant.list(db, of: account.id) }.compactMap { grant in
            guard let standing = try grant.holder(clients, accounts, at: now) else { return nil }
            return GrantSummary(
                id: grant.id, client: standing.client.name, scopes: grant.scopes, patient: grant.patient,
                created: grant.created, expires: grant.expires)
        }
    }

    /// Ends what an account has granted: the person's own act. Ending what is not there does nothing.
    public func end(_ grant: String, of account: Account) async throws {
        try await store.write { db in
            guard try Grant.find(db, grant)?.account == account.id else { return }
            try Grant.end(db, grant)
        }
        forget()
    }

    /// Forgets what was looked up, so that what was just ended here is over here at once.
    func forget() {
        kept.withLock { kept in
            ended.add(1, ordering: .releasing)
            kept.tokens.removeAll()
        }
    }
}

/// What a person has granted to a program.
public struct GrantSummary: Sendable, Hashable, Identifiable {
    /// What names it; it opens nothing.
    public let id: String
    /// The program's name.
    public let client: String
    /// The scopes, with blanks between them.
    public let scopes: String
    /// The id of the patient in context.
    public let patient: String?
    /// When it was granted, in milliseconds since 1970 UTC.
    public let created: Int64
    /// When it ends at the latest.
    public let expires: Int64
}
