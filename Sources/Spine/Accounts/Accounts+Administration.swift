public import Foundation
import SQL

/// What an account begins with.
public enum InitialPassword: Sendable {
    /// A password for one use, made by the program and given back once.
    case oneTime
    /// One that an operator has chosen; the person has to change it.
    case given(String)
    /// One that the person has chosen.
    case chosen(String)
    /// None: the person signs in by another provider.
    case none
}

/// An account that was just added, or whose password was just reset.
public struct NewAccount: Sendable {
    /// The account.
    public let account: Account
    /// The one-time password, to be shown once; nil where there is none.
    public let oneTimePassword: String?
}

extension Accounts {
    /// Adds an account.
    ///
    /// - Parameters:
    ///   - login: the name to sign in with.
    ///   - displayName: the name that pages show.
    ///   - assignments: the roles.
    ///   - password: what it begins with.
    ///   - words: more that belongs to the person and may not make a password: phone and ID numbers, the birthday as eight
    ///     digits.
    ///   - locale: the language, a BCP 47 tag.
    /// - Throws: ``AccountsError``: `invalid`, `password`, `loginTaken`, `busy`, `unavailable`.
    public func add(
        login: String, displayName: String, assignments: [RoleAssignment], password: InitialPassword = .oneTime,
        words: [String] = [], locale: String = "zh-CN"
    ) async throws(AccountsError) -> NewAccount {
        let login = try LoginName(login)
        let name = try Self.displayName(displayName)
        try RoleAssignment.check(assignments)
        try Self.check(locale: locale)
        let (hash, oneTime) = try await initialHash(password, words: words + [login.description, name])
        let now = options.now()
        var account = Account(
            id: newID(), login: login, displayName: name, locale: locale, state: .active, mustChangePassword: false,
            hasSecondFactor: false, assignments: assignments, created: now, changed: now)
        switch password {
        case .oneTime, .given: account.mustChangePassword = true
        case .chosen, .none: break
        }
        let lifeMilliseconds = Int64(options.passwords.oneTimeSeconds) * 1_000
        let stored = StoredAccount(
            account: account, password: hash, passwordAt: now,
            passwordUntil: account.mustChangePassword ? now + lifeMilliseconds : nil)
        let tell = telling()
        try await write { db in
            if try StoredAccount.find(db, login: login) != nil { throw AccountsError.loginTaken }
            try stored.write(db)
            try stored.writeAssignments(db)
            try tell(.accountAdded, stored.account.id, in: db)
        }
        return NewAccount(account: account, oneTimePassword: oneTime)
    }

    /// Makes one operator with a one-time password when there is no account at all; nil when there is one.
    ///
    /// For a server that starts without a demo city. Show the password once, on the terminal, not in a log.
    public func makeFirstOperator(login: String = "operator") async throws(AccountsError) -> NewAccount? {
        guard try accounts(limit: 1).isEmpty else { return nil }
        do {
            return try await add(login: login, displayName: "运维 Operator", assignments: [RoleAssignment(.operator)])
        } catch .loginTaken {
            return nil  // Another server was faster.
        }
    }

    /// An account by its id.
    public func account(id: UUID) throws(AccountsError) -> Account {
        guard let found = try read({ db in try StoredAccount.find(db, id: id) }) else { throw .notFound }
        return found.account
    }

    /// An account by its login name.
    public func account(login: String) throws(AccountsError) -> Account {
        let login = try LoginName(login)
        guard let found = try read({ db in try StoredAccount.find(db, login: login) }) else { throw .notFound }
        return found.account
    }

    /// The accounts of a person, `Patient/…` or `Practitioner/…`.
    public func accounts(person: String) throws(AccountsError) -> [Account] {
        try read { db in try StoredAccount.find(db, person: person).map(\.account) }
    }

    /// Accounts in the order of their login names, page by page.
    ///
    /// - Parameter after: the last login name of the page before.
    public func accounts(after: LoginName? = nil, limit: Int = 100) throws(AccountsError) -> [Account] {
        try read { db in
            try StoredAccount.list(db, after: after?.description ?? "", limit: limit).map(\.account)
        }
    }

    /// Accounts whose login or display name holds a text, in whatever case, in the order of their login names; all for an
    /// empty text.
    ///
    /// - Parameter after: the last login name of the page before.
    public func accounts(
        matching text: String, after: LoginName? = nil, limit: Int = 100
    ) throws(AccountsError) -> [Account] {
        let text = String(decoding: text.utf8.prefix(256), as: UTF8.self)
        return try read { db in
            try StoredAccount.list(db, matching: text, after: after?.description ?? "", limit: limit).map(\.account)
        }
    }

    /// Until when failed attempts have locked an account, in milliseconds since 1970 UTC; nil when they have not.
    public func lockedUntil(_ account: Account) throws(AccountsError) -> Int64? {
        let now = options.now()
        return try read { db in try attempts.lockedUntil(db, account, at: now) }
    }

    /// Enables, locks or disables an account. Enabling forgets failed attempts; the others end every session.
    public func setState(_ state: Account.State, of id: UUID) async throws(AccountsError) {
        try await change(id, .stateChanged) { [attempts] stored, db in
            stored.account.state = state
            if state == .active {
                try attempts.forget(db, stored.account)
            } else {
                try Session.endAll(db, of: id)
            }
        }
    }

    /// Gives an account other roles, and ends its sessions.
    public func setAssignments(_ assignments: [RoleAssignment], of id: UUID) async throws(AccountsError) {
        try RoleAssignment.check(assignments)
        try await change(id, .rolesChanged) { stored, db in
            stored.account.assignments = assignments
            try stored.writeAssignments(db)
            try Session.endAll(db, of: id)
        }
    }

    /// Grants sensitive categories of records to an account, these and no others.
    ///
    /// - Parameter categories: codes of letters, as the rules of access name them; a code that these don't know opens nothing.
    public func setSensitivities(_ categories: Set<String>, of id: UUID) async throws(AccountsError) {
        for category in categories {
            guard (1...40).contains(category.utf8.count),
                category.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) })
            else { throw .invalid(field: "sensitivities", rule: "A category is a word such as hiv or mentalHealth.") }
        }
        try await change(id, .sensitivitiesChanged) { stored, db in
            stored.account.sensitivities = categories
            try stored.writeSensitivities(db)
        }
    }

    /// Gives an account another name or language.
    public func setDisplay(name: String? = nil, locale: String? = nil, of id: UUID) async throws(AccountsError) {
        let name = try name.map { (text) throws(AccountsError) in try Self.displayName(text) }
        if let locale { try Self.check(locale: locale) }
        try await change(id, .displayChanged) { stored, _ in
            if let name { stored.account.displayName = name }
            if let locale { stored.account.locale = locale }
        }
    }

    /// Gives an account a password for one use, forgets its failed attempts, and ends its sessions.
    public func resetPassword(of id: UUID) async throws(AccountsError) -> NewAccount {
        let (hash, oneTime) = try await initialHash(.oneTime, words: [])
        let now = options.now()
        let (keep, life) = (options.passwords.historyCount, Int64(options.passwords.oneTimeSeconds) * 1_000)
        let account = try await change(id, .passwordReset) { [attempts] stored, db in
            if let hash { try stored.replacePassword(db, with: hash, at: now, keeping: keep) }
            stored.passwordUntil = now + life
            stored.account.mustChangePassword = true
            try attempts.forget(db, stored.account)
            try Session.endAll(db, of: id)
        }
        return NewAccount(account: account, oneTimePassword: oneTime)
    }

    /// Takes the second factor of an account away, for a person who has lost it, and ends its sessions.
    public func resetSecondFactor(of id: UUID) async throws(AccountsError) {
        try await change(id, .secondFactorRemoved) { [attempts] stored, db in
            stored.removeFactor()
            try stored.replaceRecoveryCodes(db, with: [])
            try attempts.forget(db, stored.account)
            try Session.endAll(db, of: id)
        }
    }

    /// Changes an account in a transaction of its own, tells of it there, and makes every server forget what it knew.
    ///
    /// - Parameter kind: what it is; nil for what nobody need know.
    @discardableResult
    func change(
        _ id: UUID, _ kind: AccountEvent.Kind?, _ request: AccountRequest? = nil,
        _ body: @escaping @Sendable (inout StoredAccount, SQLConnection) throws -> Void
    ) async throws(AccountsError) -> Account {
        let (now, tell) = (options.now(), telling(request))
        let account = try await write { db in
            guard var stored = try StoredAccount.find(db, id: id) else { throw AccountsError.notFound }
            try body(&stored, db)
            stored.account.changed = now
            try stored.write(db)
            try stored.announce(db)
            if let kind { try tell(kind, id, in: db) }
            return stored.account
        }
        cache.forget(id)
        return account
    }

    private func initialHash(
        _ password: InitialPassword, words: [String]
    ) async throws(AccountsError) -> (hash: PasswordHash?, oneTime: String?) {
        switch password {
        case .none: return (nil, nil)
        case .given(let text), .chosen(let text):
            let faults = check.faults(text, words: words)
            guard faults.isEmpty, let normal = NormalizedPassword(text) else { throw .password(faults) }
            return (try await hasher.hash(normal), nil)
        case .oneTime:
            let text = Self.oneTimePassword(options.random)
            guard let normal = NormalizedPassword(text) else { return (nil, nil) }
            return (try await hasher.hash(normal), text)
        }
    }

    /// One hundred random bits as twenty letters and digits that are hard to confuse, in groups of four.
    private static func oneTimePassword(_ random: (Int) -> [UInt8]) -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789X")
        return grouped(String(random(20).map { letters[Int($0 & 31)] }), by: "-")
    }

    /// The letters of RFC 5646 §2.1.
    private static func check(locale: String) throws(AccountsError) {
        let isTag = locale.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || Character(Unicode.Scalar(byte)).isLetter || (0x30...0x39).contains(byte)
        }
        guard (2...35).contains(locale.utf8.count), isTag, !locale.utf8.contains(where: { $0 >= 0x80 }) else {
            throw .invalid(field: "locale", rule: "A language looks like zh-CN.")
        }
    }

    private static func displayName(_ text: String) throws(AccountsError) -> String {
        let name = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...100).contains(name.count), name.utf8.count <= 400,
            name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw .invalid(
                field: "displayName", rule: "A name has 1 to 100 characters, none of them control characters.")
        }
        return name
    }
}

extension StoredAccount {
    mutating func removeFactor() {
        factor = nil
        pending = nil
        lastStep = nil
        account.hasSecondFactor = false
    }
}
