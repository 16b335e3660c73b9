import Accounts
public import ArgumentParser
import AuditLog
import Foundation
import SQL
import SignIn

/// `healthbrain account`: accounts of people, from the machine of the server.
struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Add, show and change accounts, also while a server runs.",
        discussion: """
            Passwords are typed, read from the standard input, or made; they are never arguments. The server key is \
            server.key in the data folder, or the file that HEALTHBRAIN_KEY_FILE names. Each change is an event of the \
            audit log, which names the user of the operating system; what the log does not take is not done.
            """,
        subcommands: [
            AccountAdd.self, AccountList.self, AccountShow.self, AccountDisable.self, AccountEnable.self,
            AccountResetPassword.self, AccountRoles.self, AccountGrant.self, AccountSessions.self,
            AccountEndSession.self, AccountResetFactor.self, AccountTie.self, AccountUntie.self,
        ])
}

/// A command on accounts: opens them, does its work, and says what went wrong in words.
private func withAccounts<T>(
    _ store: StoreChoice, _ verb: String, creating: Bool = false, _ body: (Accounts) async throws -> T
) async throws -> T {
    let opened = try AccountPlace(store).open(creating: creating, command: "healthbrain account \(verb)")
    do {
        let result = try await body(opened.accounts)
        try opened.close()
        return result
    } catch let error as AccountsError {
        switch error {
        case .invalid, .password, .loginTaken: throw Misuse(error.message)
        default: throw Failure(error.message)
        }
    } catch let error as AuditError {
        throw Failure("\(error)")
    }
}

/// Which account a command works on.
struct AccountChoice: ParsableArguments {
    @OptionGroup var store: StoreChoice

    @Argument(help: "The login name.")
    var login: String

    func with<T>(_ verb: String, _ body: (Accounts, Account) async throws -> T) async throws -> T {
        try await withAccounts(store, verb) { accounts in try await body(accounts, accounts.account(login: login)) }
    }
}

/// One role, in options.
struct RoleChoice: ParsableArguments {
    @Option(help: "resident, clinician, epidemiologist, manager or operator.")
    var role: Role?

    @Option(help: "As whom: Patient/… for a resident, Practitioner/… for staff.")
    var person: String?

    @Option(help: "PractitionerRole/… of staff.")
    var practitionerRole: String?

    @Option(help: "For which Organization/….")
    var organization: String?

    @Option(help: "The organisation's level: city, district, institution or department.")
    var level: OrganizationLevel?

    @Option(help: "The division code of GB/T 2260, six digits.")
    var district: String?

    @Option(help: "An operator's duty: system, security or audit; none for all in one.")
    var duty: OperatorDuty?

    @Option(name: .customLong("from"), help: "From which day or instant it holds, such as 2026-03-01.")
    var validFrom: String?

    @Option(name: .customLong("until"), help: "Until which day or instant, exclusive.")
    var validUntil: String?

    func assignment() throws -> RoleAssignment? {
        guard let role else { return nil }
        return RoleAssignment(
            role, duty: duty, person: person, practitionerRole: practitionerRole, organization: organization,
            level: level, district: district, validFrom: try Self.instant(validFrom, "--from"),
            validUntil: try Self.instant(validUntil, "--until"))
    }

    /// A day begins at midnight of China's time.
    private static func instant(_ text: String?, _ option: String) throws -> Int64? {
        guard let text else { return nil }
        let whole = text.contains("T") ? text : text + "T00:00:00+08:00"
        guard let date = try? Date(whole, strategy: .iso8601) else {
            throw Misuse("\(option) looks like 2026-03-01 or 2026-03-01T08:00:00+08:00.")
        }
        return Int64(date.timeIntervalSince1970 * 1_000)
    }
}

extension Role: ExpressibleByArgument {}
extension OperatorDuty: ExpressibleByArgument {}
extension OrganizationLevel: ExpressibleByArgument {}

/// `healthbrain account add`.
struct AccountAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add an account with one role; more come by “account roles”.",
        discussion: "Without --ask-password a password for one use is made and printed once.")

    @OptionGroup var choice: NewAccountChoice
    @OptionGroup(title: "The role") var role: RoleChoice

    func run() async throws {
        let password: InitialPassword = choice.askPassword ? .given(try Secret.read("Password")) : .oneTime
        try await withAccounts(choice.store, "add", creating: true) { accounts in
            let added = try await accounts.add(
                login: choice.login, displayName: choice.name ?? choice.login,
                assignments: try [role.assignment()].compactMap { $0 }, password: password, locale: choice.locale)
            AccountText.show(added)
        }
    }
}

/// What a new account is called.
struct NewAccountChoice: ParsableArguments {
    @OptionGroup var store: StoreChoice

    @Argument(help: "The login name.")
    var login: String

    @Option(help: "The name that pages show; the login name when absent.")
    var name: String?

    @Option(help: "The language, such as zh-CN or en.")
    var locale = "zh-CN"

    @Flag(
        help:
            "Ask for the first password, or read it from the standard input. It has to be changed at the first sign-in."
    )
    var askPassword = false
}

/// `healthbrain account list`.
struct AccountList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all accounts.")

    @OptionGroup var store: StoreChoice

    func run() async throws {
        try await withAccounts(store, "list") { accounts in
            var last: LoginName?
            repeat {
                let page = try accounts.accounts(after: last, limit: 500)
                for account in page {
                    let roles = Set(account.assignments.map(\.role.rawValue)).sorted().joined(separator: ",")
                    Terminal.say("\(account.login)\t\(account.displayName)\t\(account.state.rawValue)\t\(roles)\n")
                }
                last = page.last?.login
            } while last != nil
        }
    }
}

/// `healthbrain account show`.
struct AccountShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an account and its roles.")

    @OptionGroup var choice: AccountChoice

    func run() async throws {
        try await choice.with("show") { accounts, account in
            AccountText.show(account, lockedUntil: try accounts.lockedUntil(account))
        }
        try await choice.withIdentities("show") { identities, account in
            for identity in try identities.identities(of: account.id) {
                Terminal.say("identity \(identity.provider) \(identity.subject)\n")
            }
        }
    }
}

/// `healthbrain account disable`.
struct AccountDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Put an account out of use and end its sessions.")

    @OptionGroup var choice: AccountChoice

    @Flag(help: "Lock it only, for a while.")
    var lock = false

    func run() async throws {
        try await choice.with("disable") { accounts, account in
            try await accounts.setState(lock ? .locked : .disabled, of: account.id)
        }
    }
}

/// `healthbrain account enable`.
struct AccountEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Put an account into use again and forget its failed attempts.")

    @OptionGroup var choice: AccountChoice

    func run() async throws {
        try await choice.with("enable") { accounts, account in try await accounts.setState(.active, of: account.id) }
    }
}

/// `healthbrain account reset-password`.
struct AccountResetPassword: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-password", abstract: "Make a password for one use, print it once, and end the sessions.")

    @OptionGroup var choice: AccountChoice

    func run() async throws {
        try await choice.with("reset-password") { accounts, account in
            AccountText.show(try await accounts.resetPassword(of: account.id))
        }
    }
}

/// `healthbrain account roles`.
struct AccountRoles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles", abstract: "Add or remove roles, and end the sessions.",
        discussion: "Without --role and --remove it shows the roles, numbered from 1.")

    @OptionGroup var choice: AccountChoice
    @OptionGroup(title: "A role to add") var role: RoleChoice

    @Option(help: "The number of a role to remove.")
    var remove: [Int] = []

    func run() async throws {
        try await choice.with("roles") { accounts, account in
            var kept = account.assignments
            for number in remove.sorted(by: >) {
                guard kept.indices.contains(number - 1) else { throw Misuse("There is no role number \(number).") }
                kept.remove(at: number - 1)
            }
            if let added = try role.assignment() { kept.append(added) }
            if kept != account.assignments { try await accounts.setAssignments(kept, of: account.id) }
            AccountText.show(kept)
        }
    }
}

/// `healthbrain account sessions`.
struct AccountSessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List the sessions of an account.")

    @OptionGroup var choice: AccountChoice

    func run() async throws {
        try await choice.with("sessions") { accounts, account in
            for session in try accounts.sessions(of: account.id) {
                let (began, seen) = (AccountText.instant(session.created), AccountText.instant(session.seen))
                Terminal.say("\(session.id)\t\(began)\t\(seen)\t\(session.address)\t\(session.device)\n")
            }
        }
    }
}

/// `healthbrain account end-session`.
struct AccountEndSession: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-session", abstract: "End one session of an account, or all.")

    @OptionGroup var choice: AccountChoice

    @Argument(help: "The session's id, as “account sessions” lists it; all when absent.")
    var session: String?

    func run() async throws {
        try await choice.with("end-session") { accounts, account in
            guard let session else { return try await accounts.endSessions(of: account.id) }
            guard let id = UUID(uuidString: session) else { throw Misuse("A session's id is a UUID.") }
            try await accounts.endSession(id, of: account.id)
        }
    }
}

/// `healthbrain account totp-reset`.
struct AccountResetFactor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "totp-reset", abstract: "Take a lost second factor away and end the sessions.")

    @OptionGroup var choice: AccountChoice

    func run() async throws {
        try await choice.with("totp-reset") { accounts, account in try await accounts.resetSecondFactor(of: account.id)
        }
    }
}

/// How accounts are printed.
enum AccountText {
    static func show(_ new: NewAccount) {
        Terminal.say("\(new.account.login)\t\(new.account.id)\n")
        guard let password = new.oneTimePassword else { return }
        Terminal.say("One-time password, not shown again: \(password)\n")
    }

    static func show(_ account: Account, lockedUntil: Int64?) {
        var state = account.state.rawValue
        if account.mustChangePassword { state += ", must change the password" }
        if let lockedUntil { state += ", locked by failed attempts until \(instant(lockedUntil))" }
        Terminal.say(
            """
            login    \(account.login)
            id       \(account.id)
            name     \(account.displayName)
            language \(account.locale)
            state    \(state)
            factor   \(account.hasSecondFactor ? "TOTP" : "none")
            created  \(instant(account.created))
            changed  \(instant(account.changed))

            """)
        show(account.assignments)
    }

    static func show(_ roles: [RoleAssignment]) {
        for (place, role) in roles.enumerated() {
            let parts = [
                role.duty?.rawValue, role.person, role.practitionerRole, role.organization, role.level?.rawValue,
                role.district, role.validFrom.map { "from \(instant($0))" },
                role.validUntil.map { "until \(instant($0))" },
            ]
            Terminal.say(
                "role \(place + 1)   \(([role.role.rawValue] + parts.compactMap { $0 }).joined(separator: " "))\n")
        }
    }

    static func instant(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).ISO8601Format()
    }
}
