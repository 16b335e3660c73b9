public import Accounts
public import Foundation
public import SQL

/// Which identities of other providers are tied to which accounts. An account has one identity of a provider, and an identity
/// one account.
public final class Identities: Sendable {
    /// An identity of another provider.
    public struct Identity: Sendable, Hashable {
        /// The provider's name in the configuration.
        public let provider: String
        /// The provider's own name for the person: `sub`.
        public let subject: String
    }

    private let store: SignInStore
    private let now: @Sendable () -> Int64
    private let recording: @Sendable () -> SignInRecorder

    /// Opens the identities of a database; makes the tables where they are absent.
    ///
    /// - Parameters:
    ///   - database: the database of the accounts.
    ///   - options: the clock.
    ///   - recording: begins to record what a call does; what can't be recorded is not done.
    public convenience init(
        database: any SQLDatabase, options: AccountsOptions,
        recording: @escaping @Sendable () -> SignInRecorder = { { _, _ in } }
    ) throws {
        self.init(try SignInStore(database), now: options.now, recording: recording)
    }

    init(
        _ store: SignInStore, now: @escaping @Sendable () -> Int64,
        recording: @escaping @Sendable () -> SignInRecorder
    ) {
        self.store = store
        self.now = now
        self.recording = recording
    }

    /// Ties an identity to an account. Neither is changed by a later sign-in.
    ///
    /// - Throws: ``ClientFault`` when either is tied already.
    public func tie(provider: String, subject: String, to account: UUID) async throws {
        guard (1...255).contains(subject.utf8.count) else {
            throw ClientFault(field: "subject", rule: "The provider's name for a person has 1 to 255 bytes.")
        }
        let tell = telling(.identityTied, provider, account)
        try await store.write { db in
            let isNew =
                try db.first(
                    """
                    INSERT INTO sign_in_link (provider, subject, account) VALUES (?, ?, ?)
                    ON CONFLICT DO NOTHING RETURNING 1
                    """, [.text(provider), .text(subject), .text(account.uuidString)]
                ) { $0.int(0) } != nil
            guard isNew else {
                throw ClientFault(
                    field: "subject",
                    rule: "The account is tied to another identity of this provider. Ask an operator.")
            }
            try tell(db)
        }
    }

    /// Undoes the tie of an account to a provider.
    ///
    /// - Throws: ``ClientFault`` when there is none.
    public func untie(provider: String, from account: UUID) async throws {
        let tell = telling(.identityUntied, provider, account)
        try await store.write { db in
            let was =
                try db.first(
                    "DELETE FROM sign_in_link WHERE provider = ? AND account = ? RETURNING 1",
                    [.text(provider), .text(account.uuidString)]
                ) { $0.int(0) } != nil
            guard was else {
                throw ClientFault(field: "provider", rule: "The account is tied to no identity of this provider.")
            }
            try tell(db)
        }
    }

    /// The identities that are tied to an account.
    public func identities(of account: UUID) throws -> [Identity] {
        try store.read { db in
            try db.query(
                "SELECT provider, subject FROM sign_in_link WHERE account = ? ORDER BY provider",
                [.text(account.uuidString)]
            ) { Identity(provider: $0.text(0), subject: $0.text(1)) }
        }
    }

    private func telling(
        _ kind: SignInEvent.Kind, _ provider: String, _ account: UUID
    ) -> @Sendable (SQLConnection) throws -> Void {
        let event = SignInEvent(kind: kind, at: now(), client: provider, account: account, patient: nil, reason: nil)
        let record = recording()
        return { db in try record(event, db) }
    }
}
