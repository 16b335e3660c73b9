import Foundation
import SQL

/// Attempts as the tables count them: for each account name or second factor, and for each network address.
///
/// Names are there as HMACs under the server key: the table tells nobody which names were tried. A name that nobody has is
/// counted like any other, so that being locked says nothing.
struct Attempts: Sendable {
    let key: [UInt8]
    let account: LockoutRule
    let network: LockoutRule

    /// An attempt that has begun.
    struct Begun: Sendable {
        fileprivate var counts: [(subject: Subject, count: AttemptCount)]

        /// How long the next one has to wait if this one fails, in milliseconds.
        func wait(at now: Int64) -> Int64 { counts.map { $0.count.wait(at: now, $0.subject.rule) }.max() ?? 0 }
    }

    struct Subject: Sendable {
        let digest: [UInt8]
        let rule: LockoutRule
        let isNetwork: Bool
    }

    /// The subjects of an attempt.
    /// - Parameters:
    ///   - kind: `login` or `code`.
    ///   - name: the login or the account's id.
    func subjects(_ kind: String, _ name: String, address: String) -> [Subject] {
        [
            subject(kind, name),
            Subject(digest: digest("network", NetworkAddress.key(address)), rule: network, isNetwork: true),
        ]
    }

    func subject(_ kind: String, _ name: String) -> Subject {
        Subject(digest: digest(kind, name), rule: account, isNetwork: false)
    }

    private func digest(_ kind: String, _ name: String) -> [UInt8] {
        Array(Digest.sha256.hmac(Array("\(kind) \(name)".utf8), key: key).prefix(16))
    }

    /// Begins an attempt, which counts as a failure until it is withdrawn or has succeeded.
    ///
    /// - Throws: ``AccountsError/refused(retryAfterSeconds:)`` when it has to wait; nothing is counted then.
    func begin(_ db: SQLConnection, _ subjects: [Subject], at now: Int64) throws -> Begun {
        try db.execute("DELETE FROM account_attempt WHERE forgotten < ?", .integer(now))
        var begun = Begun(counts: [])
        for subject in subjects {
            var count = try Self.read(db, subject)
            if let wait = count.begin(at: now, subject.rule) { throw AccountsError.refused(afterMilliseconds: wait) }
            begun.counts.append((subject, count))
        }
        for (subject, count) in begun.counts { try Self.write(db, subject, count) }
        return begun
    }

    /// It succeeded: the account's failures are forgotten. The network's are not, or whoever has one account could try all
    /// others for ever.
    func succeed(_ db: SQLConnection, _ begun: Begun) throws {
        for (subject, _) in begun.counts where !subject.isNetwork { try Self.write(db, subject, AttemptCount()) }
        try withdraw(db, Begun(counts: begun.counts.filter(\.subject.isNetwork)))
    }

    /// It was none: the machine was busy, or something else was wrong.
    func withdraw(_ db: SQLConnection, _ begun: Begun) throws {
        for (subject, own) in begun.counts {
            var count = try Self.read(db, subject)
            count.withdraw(own)
            try Self.write(db, subject, count)
        }
    }

    /// An operator forgets an account's failures.
    func forget(_ db: SQLConnection, _ account: Account) throws {
        for subject in subjects(of: account) { try Self.write(db, subject, AttemptCount()) }
    }

    /// Until when an account is locked by failures; nil when it is not.
    func lockedUntil(_ db: SQLConnection, _ account: Account, at now: Int64) throws -> Int64? {
        try subjects(of: account).compactMap { subject in
            let count = try Self.read(db, subject)
            return count.failures >= subject.rule.lockFrom && count.blockedUntil > now ? count.blockedUntil : nil
        }.max()
    }

    private func subjects(of account: Account) -> [Subject] {
        [subject("login", account.login.description), subject("code", account.id.uuidString)]
    }

    private static func read(_ db: SQLConnection, _ subject: Subject) throws -> AttemptCount {
        try db.first(
            "SELECT failures, since, blocked FROM account_attempt WHERE subject = ?", [.blob(subject.digest)]
        ) { AttemptCount(failures: Int($0.int(0)), since: $0.int(1), blockedUntil: $0.int(2)) } ?? AttemptCount()
    }

    private static func write(_ db: SQLConnection, _ subject: Subject, _ count: AttemptCount) throws {
        guard count.failures > 0 else {
            return try db.execute("DELETE FROM account_attempt WHERE subject = ?", .blob(subject.digest))
        }
        try db.execute(
            """
            INSERT INTO account_attempt (subject, failures, since, blocked, forgotten) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, since = excluded.since,
            blocked = excluded.blocked, forgotten = excluded.forgotten
            """, .blob(subject.digest), .int(count.failures), .integer(count.since), .integer(count.blockedUntil),
            .integer(count.forgotten(subject.rule)))
    }
}

extension AccountsError {
    static func refused(afterMilliseconds wait: Int64) -> AccountsError {
        .refused(retryAfterSeconds: Int((wait + 999) / 1_000))
    }
}
