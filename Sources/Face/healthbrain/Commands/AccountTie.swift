import Accounts
import ArgumentParser
import SignIn

/// Which provider of identities a command speaks of.
struct ProviderChoice: ParsableArguments {
    @Option(help: "The provider's name, as the file of providers has it.")
    var provider: String
}

/// `healthbrain account tie`.
struct AccountTie: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tie", abstract: "Tie an identity of another provider to an account.",
        discussion: "Whoever signs in there by it is then this account here. “account show” lists what is tied.")

    @OptionGroup var choice: AccountChoice
    @OptionGroup var provider: ProviderChoice

    @Option(help: "The provider's own name for the person: the claim sub.")
    var subject: String

    func run() async throws {
        try await choice.withIdentities("tie") { identities, account in
            try await identities.tie(provider: provider.provider, subject: subject, to: account.id)
        }
    }
}

/// `healthbrain account untie`.
struct AccountUntie: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "untie", abstract: "Undo the tie of an account to an identity of another provider.",
        discussion: "Sessions go on; end them by “account end-session”.")

    @OptionGroup var choice: AccountChoice
    @OptionGroup var provider: ProviderChoice

    func run() async throws {
        try await choice.withIdentities("untie") { identities, account in
            try await identities.untie(provider: provider.provider, from: account.id)
        }
    }
}

extension AccountChoice {
    /// Opens the identities of other providers beside the account.
    func withIdentities<T>(_ verb: String, _ body: (Identities, Account) async throws -> T) async throws -> T {
        let opened = try AccountPlace(store).open(creating: false, command: "healthbrain account \(verb)")
        defer { try? opened.close() }
        do {
            let identities = try Identities(
                database: opened.database, options: opened.accounts.options, recording: opened.audit.signIn)
            return try await body(identities, try opened.accounts.account(login: login))
        } catch let fault as ClientFault {
            throw Misuse("\(fault)")
        } catch let error as AccountsError {
            throw Failure(error.message)
        }
    }
}
