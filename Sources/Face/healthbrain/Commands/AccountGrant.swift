import Accounts
import ArgumentParser

import enum Access.Sensitivity

/// `healthbrain account grant`.
struct AccountGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Grant sensitive categories of records to an account, or take them back.",
        discussion: "Without options it shows what is granted.")

    @OptionGroup var choice: AccountChoice

    @Option(help: ArgumentHelp("A category: \(Self.names).", valueName: "category"))
    var category: [String] = []

    @Option(help: ArgumentHelp("A category to take back.", valueName: "category"))
    var revoke: [String] = []

    private static let names = Sensitivity.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        for name in category + revoke where Sensitivity(rawValue: name) == nil {
            throw ValidationError("“\(name)” is no category. Categories: \(Self.names).")
        }
    }

    func run() async throws {
        try await choice.with("grant") { accounts, account in
            let granted = account.sensitivities.union(category).subtracting(revoke)
            if granted != account.sensitivities { try await accounts.setSensitivities(granted, of: account.id) }
            Terminal.say("\(granted.sorted().joined(separator: " "))\n")
        }
    }
}
