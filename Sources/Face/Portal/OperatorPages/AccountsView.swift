import Access
import Accounts
import Foundation

/// The list of accounts as its template reads it.
struct AccountsView {
    struct Row {
        let href: String
        let name: String
        let login: String
        let state: String
        let tone: String
        let roles: String
    }

    let query: String
    let answer: String
    let rows: [Row]
    let hasRows: Bool
    let firstHref: String?
    let nextHref: String?
    let hasPager: Bool

    /// Accounts on a page.
    static let pageRows = 30

    /// - Parameter accounts: a page and one more, when there is one more.
    init(_ accounts: [Account], query: String, after: String?, now: Int64, words: Words) {
        self.query = query
        let shown = accounts.prefix(Self.pageRows)
        rows = shown.map { account in
            let roles = account.assignments(at: now).map { words.role($0) }
            return Row(
                href: "/operator/accounts/\(account.id.uuidString.lowercased())", name: account.displayName,
                login: account.login.description, state: words.state(account.state),
                tone: account.state == .active ? "good" : "act",
                roles: roles.isEmpty ? words["roleNone"] : roles.joined(separator: words["listComma"]))
        }
        hasRows = !rows.isEmpty
        if query.isEmpty {
            answer = words["accountsAnswer"]
        } else {
            answer = words.text(rows.isEmpty ? "accountsNotFound" : "accountsFound", ["q": query])
        }
        let asked = query.isEmpty ? nil : query
        firstHref = after == nil ? nil : Address.make("/operator/accounts", [("q", asked)])
        nextHref =
            accounts.count > Self.pageRows
            ? Address.make("/operator/accounts", [("q", asked), ("after", shown.last?.login.description)]) : nil
        hasPager = firstHref != nil || nextHref != nil
    }
}

/// One account as its template reads it.
struct AccountDetailView {
    /// A sensitive category of records.
    struct Category {
        let value: String
        let text: String
        let isGranted: Bool
    }

    struct RoleRow {
        let place: Int
        let name: String
        let detail: String
        let person: String
        let holds: Bool
    }

    let id: String
    let form: String
    let name: String
    let login: String
    let state: String
    let tone: String
    let isActive: Bool
    let isOwn: Bool
    let lockedUntil: String?
    let mustChange: Bool
    let factor: String
    let hasFactor: Bool
    let created: String
    let sessions: String
    let hasSessions: Bool
    let roles: [RoleRow]
    let hasRoles: Bool
    let categories: [Category]
    let granted: String
    /// Whether the account has a role for which categories are granted.
    let takesGrants: Bool
    let notice: String?
    let problems: [Problem]
    let hasProblems: Bool
    let fields: RoleFields

    init(
        _ account: Account, sessions: Int, lockedUntil: Int64?, isOwn: Bool, form: String, notice: String?,
        problems: [Problem], fields: RoleFields, now: Int64, words: Words, names: HouseNames
    ) {
        id = account.id.uuidString.lowercased()
        self.form = form
        name = account.displayName
        login = account.login.description
        state = words.state(account.state)
        tone = account.state == .active ? "good" : "act"
        isActive = account.state == .active
        self.isOwn = isOwn
        self.lockedUntil = lockedUntil.map {
            words.text("accountLockedUntil", ["time": words.dateTime(milliseconds: $0)])
        }
        mustChange = account.mustChangePassword
        hasFactor = account.hasSecondFactor
        factor = words[hasFactor ? "factorOn" : "factorOff"]
        created = words.dateTime(milliseconds: account.created)
        self.sessions = words.counted("accountSessions", sessions)
        hasSessions = sessions > 0
        roles = account.assignments.enumerated().map { place, assignment in
            RoleRow(
                place: place, name: words.role(assignment), detail: words.detail(assignment, names.name),
                person: [assignment.person, assignment.practitionerRole].compactMap { $0 }
                    .joined(separator: words["comma"]), holds: assignment.holds(at: now))
        }
        hasRoles = !roles.isEmpty
        categories = Sensitivity.allCases.map { category in
            Category(
                value: category.rawValue, text: words.sensitivity(category),
                isGranted: account.sensitivities.contains(category.rawValue))
        }
        let names = categories.filter(\.isGranted).map(\.text)
        granted = names.isEmpty ? words["grantsNone"] : names.joined(separator: words["listComma"])
        takesGrants =
            !names.isEmpty
            || account.assignments.contains { $0.role == .clinician || $0.role == .epidemiologist }
        self.notice = notice
        self.problems = problems
        hasProblems = !problems.isEmpty
        self.fields = fields
    }
}

/// A password for one use, shown once.
struct OneTimeView {
    let name: String
    let login: String
    let password: String
    let until: String
    let backHref: String
}

extension Words {
    /// What a sensitive category of records is called.
    func sensitivity(_ category: Sensitivity) -> String {
        switch category {
        case .hiv: self["sensitiveHIV"]
        case .sexuallyTransmitted: self["sensitiveSTD"]
        case .mentalHealth: self["sensitiveMental"]
        case .reproductive: self["sensitiveReproductive"]
        case .genetic: self["sensitiveGenetic"]
        case .abuse: self["sensitiveAbuse"]
        case .tuberculosis: self["sensitiveTuberculosis"]
        case .hepatitis: self["sensitiveHepatitis"]
        case .restricted: self["sensitiveRestricted"]
        }
    }

    func state(_ state: Account.State) -> String {
        switch state {
        case .active: self["accountActive"]
        case .locked: self["accountLocked"]
        case .disabled: self["accountDisabled"]
        }
    }

    /// What is wrong with a field of an account; nil for errors that are about no field.
    func problem(_ error: any Error) -> Problem? {
        guard let error = error as? AccountsError else { return nil }
        switch error {
        case .loginTaken: return Problem(href: "#login", text: self["invalidLoginTaken"])
        case .invalid(let field, let rule):
            let words: String =
                switch field {
                case "login": self["invalidLogin"]
                case "displayName": self["invalidName"]
                case "duty": self["invalidDuty"]
                case "district": self["invalidDistrict"]
                case "validUntil": self["invalidUntil"]
                case "person": self["invalidPerson"]
                case "practitionerRole": self["invalidPractitionerRole"]
                case "organization": self["invalidOrganization"]
                default: rule
                }
            return Problem(href: "#\(field)", text: words)
        default: return nil
        }
    }
}
