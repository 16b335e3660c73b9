import Accounts
import Foundation
import Gate
import HTTPTypes
import Hummingbird

/// The enrolment of a second factor as its template reads it.
struct EnrolmentView {
    let action: String
    let form: String
    let next: String
    /// Why it is asked for; nil when the person has asked for it.
    let reason: String?
    let problem: String?
    let begun: Begun?
    /// Whether a code is asked for without the key, which was shown once.
    let asksCode: Bool

    /// The key of the authenticator app.
    struct Begun {
        let picture: String
        let secret: String
        let href: String
    }
}

/// Recovery codes, shown once.
struct RecoveryCodesView {
    let codes: [String]
    let login: String
    let madeAt: String
    let next: String
}

extension Portal {
    /// Enrols a second factor: the first form begins, the second one brings a code of it.
    func enrol(_ visit: GuardedVisit, _ token: String) async throws -> Page {
        let accounts = visit.gate.accounts
        guard visit.form["step"] == "code" else {
            return try visit.enrolmentPage(try await accounts.beginEnrolment(token: token))
        }
        do {
            let isStep = visit.caller == nil
            let login = try visit.pending()?.account.login.description ?? ""
            let enrolled = try await accounts.confirmEnrolment(
                visit.form["code"].trimmed, token: token, request: visit.origin)
            let next = isStep ? GuardedVisit.next(visit.form["next"]) : "/account"
            var page = visit.recoveryCodes(enrolled.recoveryCodes, login: login, next: next, session: enrolled.session)
            page = page.setting(visit.cookies.set(visit.cookies.sessionName, enrolled.session.token))
            return page
        } catch {
            guard let problem = visit.words.refusal(error, wrong: "enrolWrong", wait: "codeWait") else { throw error }
            var page = try visit.enrolmentPage(nil, problem: problem)
            page.retryAfterSeconds = problem.seconds
            return page
        }
    }

    /// `/account/second-factor`, its codes, and the step-up before it is changed.
    func addSecondFactor(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/account/second-factor") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                if let page = try visit.stepUpFirst() { return page }
                return try visit.enrolmentPage(nil)
            }
        }
        router.post("/account/second-factor") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                if let page = try visit.stepUpFirst() { return page }
                return try await enrol(visit, try visit.someone().token)
            }
        }
        router.get("/account/code") { request, context in
            await guarded(request, context, gate, .anyone) { visit in try visit.stepUpPage() }
        }
        router.post("/account/code") { request, context in
            await guarded(request, context, gate, .anyone) { visit in try await stepUp(visit) }
        }
        router.post("/account/recovery-codes") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                if let page = try visit.stepUpFirst() { return page }
                let caller = try visit.someone()
                let codes = try await gate.accounts.renewRecoveryCodes(token: caller.token)
                return visit.recoveryCodes(codes, login: caller.signedIn.account.login.description, next: "/account")
            }
        }
        router.post("/account/second-factor/remove") { request, context in
            await guarded(request, context, gate, .anyone) { visit in
                if let page = try visit.stepUpFirst() { return page }
                do {
                    try await gate.accounts.removeSecondFactor(
                        token: try visit.someone().token, request: visit.origin)
                } catch AccountsError.invalid {
                    return .elsewhere("/account?done=factor-needed")
                }
                return .elsewhere("/account?done=factor-removed")
            }
        }
    }

    private func stepUp(_ visit: GuardedVisit) async throws -> Page {
        do {
            let session = try await visit.gate.accounts.giveSecondFactor(
                visit.form["code"].trimmed, token: try visit.someone().token, request: visit.origin)
            let next = visit.form["next"]
            return .elsewhere(next.hasPrefix("/account") ? GuardedVisit.next(next) : "/account").setting(
                visit.cookies.set(visit.cookies.sessionName, session.token))
        } catch {
            guard let problem = visit.words.refusal(error, wrong: "codeWrong", wait: "codeWait") else { throw error }
            return try visit.stepUpPage(problem)
        }
    }
}

extension Portal.GuardedVisit {
    /// The page of an enrolment: at its beginning, with the key, or again after a wrong code.
    func enrolmentPage(_ begun: Enrolment?, problem: Words.Refused? = nil) throws -> Portal.Page {
        let key = try begun.map { enrolment in
            EnrolmentView.Begun(
                picture: try QRCode(Array(enrolment.uri.utf8)).svg(name: words["enrolPicture"]),
                secret: enrolment.secret, href: enrolment.uri)
        }
        let view = EnrolmentView(
            action: visit.path, form: try formToken(),
            next: form["next"].isEmpty ? asked("next") ?? "" : form["next"],
            reason: caller == nil ? words["enrolReason"] : nil, problem: problem?.text, begun: key,
            asksCode: begun != nil || problem != nil)
        return page(
            "enrolment", view, title: words["enrolTitle"], place: .account, status: problem?.status ?? .ok)
    }

    /// Recovery codes, shown once. Where the session has just changed its token, the forms of the page carry the new one.
    func recoveryCodes(
        _ codes: [String], login: String, next: String, session: NewSession? = nil
    ) -> Portal.Page {
        var visit = visit
        if let session, var who = visit.who, let form = try? gate.accounts.formToken(for: session.token) {
            who.form = form
            visit.who = who
        }
        let view = RecoveryCodesView(
            codes: codes, login: login, madeAt: words.dateTime(milliseconds: visit.now), next: next)
        return visit.page("recovery-codes", view, title: words["codesTitle"], place: .account)
    }

    /// The page that asks for a code before the second factor is changed; nil when it was just given, or there is none.
    func stepUpFirst() throws -> Portal.Page? {
        let caller = try someone()
        guard caller.signedIn.account.hasSecondFactor,
            !caller.signedIn.session.hasSecondFactor(
                withinSeconds: Accounts.changeFactorSeconds, at: gate.accounts.options.now())
        else { return nil }
        return .elsewhere(Address.make("/account/code", [("next", "/account#second-factor")]))
    }

    func stepUpPage(_ problem: Words.Refused? = nil) throws -> Portal.Page {
        let next = form["next"].isEmpty ? asked("next") ?? "/account" : form["next"]
        let view = StepView(form: try formToken(), next: next, problem: problem?.text)
        var page = page(
            "step-up", view, title: words["codeTitle"], place: .account, status: problem?.status ?? .ok)
        page.retryAfterSeconds = problem?.seconds
        return page
    }
}
