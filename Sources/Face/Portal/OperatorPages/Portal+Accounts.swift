import Access
import Accounts
import AuditLog
import Foundation
import HTTPTypes
import Hummingbird

extension Portal {
    /// `/operator/accounts`: accounts of people.
    func addAccounts(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/operator/accounts") { request, context in
            await guarded(request, context, gate, .action(.accountAdministration)) { visit in try accounts(visit) }
        }
        router.get("/operator/accounts/new") { request, context in
            await guarded(request, context, gate, .action(.accountAdministration)) { visit in
                try newAccount(visit, problems: [])
            }
        }
        router.post("/operator/accounts/new") { request, context in
            await guarded(request, context, gate, .action(.accountAdministration)) { visit in
                try await addAccount(visit)
            }
        }
        router.get("/operator/accounts/:id") { request, context in
            await guarded(request, context, gate, .action(.accountAdministration)) { visit in
                try account(visit, context.parameters.get("id"))
            }
        }
        router.post("/operator/accounts/:id") { request, context in
            await guarded(request, context, gate, .action(.accountAdministration)) { visit in
                try await change(visit, context.parameters.get("id"))
            }
        }
    }

    private func accounts(_ visit: GuardedVisit) throws -> Page {
        let query = (visit.asked("q") ?? "").trimmed
        let after = visit.asked("after")
        let found = try visit.gate.accounts.accounts(
            matching: query, after: after.flatMap { try? LoginName($0) }, limit: AccountsView.pageRows + 1)
        let view = AccountsView(found, query: query, after: after, now: visit.visit.now, words: visit.words)
        return visit.page("accounts", view, title: visit.words["accountsTitle"], place: .accounts)
    }

    private func newAccount(_ visit: GuardedVisit, problems: [Problem]) throws -> Page {
        let view = NewAccountView(
            form: try visit.formToken(), login: visit.form["login"], name: visit.form["displayName"],
            problems: problems, hasProblems: !problems.isEmpty, fields: RoleFields(visit.form, words: visit.words))
        return visit.page(
            "account-new", view, title: visit.words["accountsAdd"], place: .accounts,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }

    private func addAccount(_ visit: GuardedVisit) async throws -> Page {
        do {
            guard let assignment = try RoleFields.assignment(visit.form) else {
                let problem = Problem(href: "#role", text: visit.words["invalidRole"])
                return try newAccount(visit, problems: [problem])
            }
            let added = try await visit.gate.accounts.add(
                login: visit.form["login"].trimmed, displayName: visit.form["displayName"], assignments: [assignment])
            return visit.oneTime(added)
        } catch {
            guard let problem = visit.words.problem(error) else { throw error }
            return try newAccount(visit, problems: [problem])
        }
    }

    private func account(_ visit: GuardedVisit, _ text: String?, problems: [Problem] = []) throws -> Page {
        guard let id = text.flatMap(UUID.init(uuidString:)) else { return visit.visit.fault(.notFound) }
        let accounts = visit.gate.accounts
        let account = try accounts.account(id: id)
        let words = visit.words
        let notice: String? =
            switch visit.asked("done") {
            case "active": words["doneActive"]
            case "locked": words["doneLocked"]
            case "disabled": words["doneDisabled"]
            case "factor": words["doneFactorRemoved"]
            case "sessions": words["doneSessions"]
            case "role": words["doneRole"]
            case "grants": words["doneGrants"]
            case "own": words["doneNotOwn"]
            default: nil
            }
        let view = AccountDetailView(
            account, sessions: try accounts.sessions(of: id).count, lockedUntil: try accounts.lockedUntil(account),
            isOwn: try visit.someone().signedIn.account.id == id, form: try visit.formToken(), notice: notice,
            problems: problems, fields: RoleFields(visit.form, words: words), now: visit.visit.now, words: words,
            names: HouseNames(parts.store))
        return visit.page(
            "account-detail", view, title: account.displayName, place: .accounts,
            status: problems.isEmpty ? .ok : .unprocessableContent)
    }

    /// One change of one account: which, the form's `do` says.
    private func change(_ visit: GuardedVisit, _ text: String?) async throws -> Page {
        guard let id = text.flatMap(UUID.init(uuidString:)) else { return visit.visit.fault(.notFound) }
        let accounts = visit.gate.accounts
        let isOwn = try visit.someone().signedIn.account.id == id
        let task = visit.form["do"]
        // Nobody locks themself out, or gives themself another role.
        if isOwn, task != "sessions" { return visit.done(id, "own") }
        switch task {
        case "active", "locked", "disabled":
            guard let state = Account.State(rawValue: task) else { return visit.visit.fault(.malformed) }
            try await accounts.setState(state, of: id)
            return visit.done(id, task)
        case "password":
            let reset = try await accounts.resetPassword(of: id)
            return visit.oneTime(reset)
        case "factor":
            try await accounts.resetSecondFactor(of: id)
            return visit.done(id, task)
        case "sessions":
            try await accounts.endSessions(of: id, request: visit.origin)
            return visit.done(id, task)
        case "grants":
            // Only what is known is granted; what the page does not name stays away.
            let granted = Set(visit.form.all("category")).intersection(Sensitivity.allCases.map(\.rawValue))
            try await accounts.setSensitivities(granted, of: id)
            return visit.done(id, "grants")
        case "role", "role-remove":
            do {
                try await changeRoles(visit, id, adds: task == "role")
            } catch {
                guard let problem = visit.words.problem(error) else { throw error }
                return try account(visit, text, problems: [problem])
            }
            return visit.done(id, "role")
        default: return visit.visit.fault(.malformed)
        }
    }

    private func changeRoles(_ visit: GuardedVisit, _ id: UUID, adds: Bool) async throws {
        var assignments = try visit.gate.accounts.account(id: id).assignments
        if adds {
            guard let assignment = try RoleFields.assignment(visit.form) else {
                throw AccountsError.invalid(field: "role", rule: visit.words["invalidRole"])
            }
            assignments.append(assignment)
        } else {
            guard let place = Int(visit.form["place"]), assignments.indices.contains(place),
                visit.form["name"] == visit.words.role(assignments[place])
            else { throw AccountsError.notFound }
            assignments.remove(at: place)
        }
        try await visit.gate.accounts.setAssignments(assignments, of: id)
    }
}

extension Portal.GuardedVisit {
    /// Leads back to an account after a change.
    func done(_ id: UUID, _ what: String) -> Portal.Page {
        .elsewhere("/operator/accounts/\(id.uuidString.lowercased())?done=\(what)")
    }

    /// The page that shows a password for one use, once.
    func oneTime(_ new: NewAccount) -> Portal.Page {
        let life = Int64(gate.accounts.options.passwords.oneTimeSeconds) * 1_000
        let view = OneTimeView(
            name: new.account.displayName, login: new.account.login.description, password: new.oneTimePassword ?? "",
            until: words.text("oneTimeUntil", ["time": words.dateTime(milliseconds: visit.now + life)]),
            backHref: "/operator/accounts/\(new.account.id.uuidString.lowercased())")
        return page("one-time-password", view, title: words["oneTimeTitle"], place: .accounts)
    }
}
