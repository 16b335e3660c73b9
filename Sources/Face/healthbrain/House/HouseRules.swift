import Accounts
import ArgumentParser

/// What a server asks of those who sign in.
struct HouseRules: ParsableArguments {
    /// A role, or all of staff.
    enum Who: String, ExpressibleByArgument, CaseIterable {
        case resident, clinician, epidemiologist, manager, `operator`, staff

        var roles: Set<Role> {
            if self == .staff { return [.clinician, .epidemiologist, .manager, .operator] }
            return Role(rawValue: rawValue).map { [$0] } ?? []
        }
    }

    @Option(
        help: ArgumentHelp(
            "A role that can't go without a second factor, or staff; may be given several times.", valueName: "role"))
    var secondFactorFor: [Who] = []

    @Flag(
        help: ArgumentHelp(
            "What assessors of GB/T 22239 level 3 (等保三级) ask for: passwords of three kinds of characters, changed every 90 days, and a second factor for staff."
        ))
    var classifiedProtectionLevel3 = false

    /// Sets the rules.
    func apply(_ options: inout AccountsOptions) {
        options.rolesWithSecondFactor = secondFactorFor.reduce(into: []) { $0.formUnion($1.roles) }
        guard classifiedProtectionLevel3 else { return }
        options.passwords = .classifiedProtectionLevel3
        options.rolesWithSecondFactor.formUnion(Who.staff.roles)
    }
}
