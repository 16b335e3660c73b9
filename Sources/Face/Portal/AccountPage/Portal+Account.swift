import Accounts
import AuditLog
import Foundation
import Gate
import HTTPTypes
import Hummingbird
import JSON
import Records
import SignIn

extension Portal {
    /// `/account`: the own account, its sessions, its roles.
    func addAccount(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/account") { request, context in
            await guarded(request, context, gate, .anyone) { visit in try accountPage(visit) }
        }
        router.get("/account/password") { request, context in
            await guarded(request, context, gate, .anyone) { visit in try visit.passwordPage(faults: []) }
        }
        router.post("/account/password") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                try await changePassword(visit, try visit.someone().token)
            }
        }
        router.post("/account/sessions/end") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                let own = try visit.someone().signedIn
                guard let id = UUID(uuidString: visit.form["session"]) else { return visit.visit.fault(.malformed) }
                do {
                    try await gate.accounts.endSession(id, of: own.account.id, request: visit.origin)
                } catch AccountsError.notFound {
                    // It has ended by itself meanwhile: what was wanted.
                }
                guard id == own.session.id else { return .elsewhere("/account?done=session") }
                return .elsewhere("/sign-in?done=out").setting(visit.cookies.clear(visit.cookies.sessionName))
            }
        }
        router.post("/account/sessions/end-others") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                let own = try visit.someone().signedIn
                try await gate.accounts.endSessions(
                    of: own.account.id, except: own.session.id, request: visit.origin)
                return .elsewhere("/account?done=others")
            }
        }
        router.post("/account/programs/end") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                guard let signIn = gate.signIn else { return visit.visit.fault(.notFound) }
                let account = try visit.someone().signedIn.account
                let wanted = visit.form["program"]
                // What has ended by itself meanwhile is as it was wanted.
                if let grant = try signIn.tokens.grants(of: account).first(where: { $0.id == wanted }) {
                    try await signIn.tokens.end(grant.id, of: account)
                    try visit.note(.configuration, reason: "grant-ended: \(grant.client)")
                }
                return .elsewhere("/account?done=program")
            }
        }
        router.post("/account/role") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                let caller = try visit.someone()
                let roles = caller.assignments(at: visit.visit.now)
                guard let place = Int(visit.form["role"]), roles.indices.contains(place) else {
                    return visit.visit.fault(.malformed)
                }
                guard let cookie = gate.gate.roleCookie(roles[place], for: caller.signedIn) else {
                    return visit.visit.fault(.malformed)
                }
                return .elsewhere("/").setting(visit.cookies.set(visit.cookies.roleName, cookie))
            }
        }
        addPasswordCheck(to: router, gate)
        addSecondFactor(to: router, gate)
    }

    private func accountPage(_ visit: GuardedVisit) throws -> Page {
        let caller = try visit.someone()
        let words = visit.words
        let notice: String? =
            switch visit.asked("done") {
            case "password": words["donePassword"]
            case "session": words["doneSession"]
            case "others": words["doneOthers"]
            case "program": words["doneProgram"]
            case "factor-removed": words["doneFactorRemoved"]
            case "factor-needed": words["doneFactorNeeded"]
            default: nil
            }
        let view = AccountView(
            caller, sessions: try visit.gate.accounts.sessions(of: caller.signedIn.account.id),
            programs: try programs(visit),
            form: try visit.formToken(), notice: notice, now: visit.visit.now, words: words,
            placeName: HouseNames(parts.store).name)
        return visit.page("account", view, title: words["accountTitle"], place: .account)
    }
}

extension Portal {
    /// The programs that the one who asks has let in, the newest first.
    private func programs(_ visit: GuardedVisit) throws -> [AccountView.Program] {
        guard let signIn = visit.gate.signIn else { return [] }
        let (caller, words) = (try visit.someone(), visit.words)
        return try signIn.tokens.grants(of: caller.signedIn.account).map { grant in
            let isOwn = grant.patient == caller.ownPatient
            return AccountView.Program(
                id: grant.id, name: grant.client,
                rights: signIn.words(of: grant.scopes, isChinese: words.language == .zh),
                about: grant.patient.map { id in isOwn ? words["accessesOwn"] : visit.personName(id) ?? id },
                since: words.dateTime(milliseconds: grant.created), until: words.dateTime(milliseconds: grant.expires))
        }
    }
}

extension Portal.GuardedVisit {
    /// The name of a resident whose record the page may show; nil for others.
    func personName(_ id: String) -> String? {
        person(id).map { $0.name.isEmpty ? words["nameUnknown"] : $0.name }
    }
}

/// The names of institutions and staff, which the city's directory shows to everybody who is signed in; each is read once.
final class HouseNames {
    private let store: RecordStore
    private var names: [String: String?] = [:]

    init(_ store: RecordStore) { self.store = store }

    /// The name of an `Organization/…` or a `Practitioner/…`; nil for other references and for what is not there.
    func name(_ reference: String) -> String? {
        if let known = names[reference] { return known }
        let found = read(reference)
        names[reference] = .some(found)
        return found
    }

    private func read(_ reference: String) -> String? {
        guard let key = ResourceKey(reference: reference), let version = try? store.read(key),
            let document = try? JSONDocument(parsing: version.json())
        else { return nil }
        switch key.type {
        case "Organization": return document.root["name"]?.string
        case "Practitioner":
            let name = Person(document.root).name
            return name.isEmpty ? nil : name
        default: return nil
        }
    }
}
