import Accounts
import Gate
import HTTPTypes
import Hummingbird

extension Portal {
    /// `/sign-in` and its steps, and `/sign-out`.
    func addSignIn(to router: Router<BasicRequestContext>, _ gate: PortalGate) {
        router.get("/sign-in") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                if visit.caller != nil { return .elsewhere(GuardedVisit.next(visit.asked("next") ?? "")) }
                if let step = try visit.step() { return .elsewhere(step) }
                let notice: String? =
                    visit.asked("done") == "out"
                    ? visit.words["signOutDone"]
                    : visit.asked("next") == nil ? nil : visit.words["signInNeeded"]
                return visit.signInPage(next: visit.asked("next") ?? "", notice: notice)
            }
        }
        router.post("/sign-in") { request, context in
            await guarded(request, context, gate, .everybody) { visit in try await signIn(visit) }
        }
        router.get("/sign-in/second-factor") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try visit.atStage(.secondFactor) { try visit.secondFactorPage() }
            }
        }
        router.post("/sign-in/second-factor") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try await visit.sentAtStage(.secondFactor) { token in try await secondFactor(visit, token) }
            }
        }
        router.get("/sign-in/new-password") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try visit.atStage(.newPassword) { try visit.passwordPage(faults: []) }
            }
        }
        router.post("/sign-in/new-password") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try await visit.sentAtStage(.newPassword) { token in try await changePassword(visit, token) }
            }
        }
        router.get("/sign-in/enrolment") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try visit.atStage(.enrolment) { try visit.enrolmentPage(nil) }
            }
        }
        router.post("/sign-in/enrolment") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                try await visit.sentAtStage(.enrolment) { token in try await enrol(visit, token) }
            }
        }
        router.get("/sign-out") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                guard visit.token != nil else { return .elsewhere("/sign-in") }
                return visit.page(
                    "sign-out", StepView(form: try visit.formToken(), next: "", problem: nil),
                    title: visit.words["signOutTitle"])
            }
        }
        router.post("/sign-out") { request, context in
            await guarded(request, context, gate, .everybody) { visit in
                if let token = visit.token {
                    // A form of a session that is over signs out of nothing.
                    guard visit.gate.accounts.isGood(formToken: visit.form["form"], for: token) else {
                        return visit.visit.fault(.formExpired)
                    }
                    try await visit.gate.accounts.signOut(token: token, request: visit.origin)
                }
                var page = Page.elsewhere("/sign-in?done=out").setting(
                    visit.cookies.clear(visit.cookies.sessionName), visit.cookies.clear(visit.cookies.roleName))
                page.clearsKept = true
                return page
            }
        }
    }

    private func signIn(_ visit: GuardedVisit) async throws -> Page {
        let login = visit.form["login"].trimmed
        let next = visit.form["next"]
        let cookie = visit.cookies.value(visit.cookies.formName, in: visit.fields) ?? ""
        guard visit.gate.accounts.isGood(signInForm: SignInForm(returnedCookie: cookie, field: visit.form["form"]))
        else { return visit.signInPage(next: next, login: login, problem: visit.words["signInFormOld"]) }
        guard !login.isEmpty, !visit.form["password"].isEmpty else {
            return visit.signInPage(next: next, login: login, problem: visit.words["signInEmpty"])
        }
        do {
            let session = try await visit.gate.accounts.signIn(
                login: login, password: visit.form["password"], request: visit.origin, previousToken: visit.token)
            return visit.onward(session, next: next).setting(visit.cookies.clear(visit.cookies.roleName))
        } catch {
            guard let problem = visit.words.refusal(error, wrong: "signInWrong", wait: "signInWait") else {
                throw error
            }
            return visit.signInPage(
                next: next, login: login, problem: problem.text, status: problem.status, retry: problem.seconds)
        }
    }

    private func secondFactor(_ visit: GuardedVisit, _ token: String) async throws -> Page {
        do {
            let session = try await visit.gate.accounts.giveSecondFactor(
                visit.form["code"].trimmed, token: token, request: visit.origin)
            return visit.onward(session, next: visit.form["next"])
        } catch {
            guard let problem = visit.words.refusal(error, wrong: "codeWrong", wait: "codeWait") else { throw error }
            return try visit.secondFactorPage(problem)
        }
    }
}

extension Portal.GuardedVisit {
    /// The page with the form of the sign-in.
    func signInPage(
        next: String, login: String = "", problem: String? = nil, notice: String? = nil,
        status: HTTPResponse.Status = .unprocessableContent, retry: Int? = nil
    ) -> Portal.Page {
        let form = gate.accounts.signInForm()
        let view = SignInView(
            form: form.field, next: next, login: login, problem: problem, notice: notice, gate: gate, words: words)
        var page = page(
            "sign-in", view, title: words["signInTitle"], status: problem == nil ? .ok : status)
        page.retryAfterSeconds = retry
        return page.setting(cookies.set(cookies.formName, form.cookie))
    }

    func secondFactorPage(_ problem: Words.Refused? = nil) throws -> Portal.Page {
        let view = StepView(
            form: try formToken(), next: form["next"].isEmpty ? asked("next") ?? "" : form["next"],
            problem: problem?.text)
        var page = page(
            "second-factor", view, title: words["codeTitle"], status: problem?.status ?? .ok)
        page.retryAfterSeconds = problem?.seconds
        return page
    }

    /// The token for a form of the session that the browser holds, whatever its stage.
    func formToken() throws -> String {
        guard let token else { throw AccountsError.notSignedIn }
        return try gate.accounts.formToken(for: token)
    }

    /// The session at any stage.
    func pending() throws -> SignedIn? {
        guard let token else { return nil }
        return try gate.accounts.pendingSession(token: token)
    }

    /// The address of the step that a sign-in stands at; nil for none, and for one that is complete.
    func step() throws -> String? { try pending().flatMap { Self.step($0.session.stage) } }

    private static func step(_ stage: Session.Stage) -> String? {
        switch stage {
        case .secondFactor: "/sign-in/second-factor"
        case .newPassword: "/sign-in/new-password"
        case .enrolment: "/sign-in/enrolment"
        case .full: nil
        }
    }

    /// Goes on after a step: to the next one, or to the page that was asked for.
    func onward(_ session: NewSession, next: String) -> Portal.Page {
        let href: String
        if let step = Self.step(session.signedIn.session.stage) {
            href = Address.make(step, [("next", next.isEmpty ? nil : next)])
        } else {
            href = Self.next(next)
        }
        return .elsewhere(href).setting(cookies.set(cookies.sessionName, session.token))
    }

    /// A page of a step of the sign-in, when the session stands there.
    func atStage(_ stage: Session.Stage, _ make: () throws -> Portal.Page) throws -> Portal.Page {
        let pending = try pending()
        if pending?.session.stage == stage { return try make() }
        return .elsewhere(pending.flatMap { Self.step($0.session.stage) } ?? (caller == nil ? "/sign-in" : "/"))
    }

    /// A form of a step of the sign-in, when the session stands there and the form is its own.
    func sentAtStage(
        _ stage: Session.Stage, _ make: (_ token: String) async throws -> Portal.Page
    ) async throws -> Portal.Page {
        guard let token, try pending()?.session.stage == stage else { return .elsewhere("/sign-in") }
        guard gate.accounts.isGood(formToken: form["form"], for: token) else { return visit.fault(.formExpired) }
        return try await make(token)
    }
}

extension Words {
    /// A refused attempt in words.
    struct Refused {
        let text: String
        let status: HTTPResponse.Status
        var seconds: Int?
    }

    /// What to say to a refused attempt: the same whether the account exists or not.
    ///
    /// - Parameters:
    ///   - wrong: the key of the text for a wrong attempt.
    ///   - wait: the key of the text for one that has to wait.
    /// - Returns: nil for errors that are no refusal.
    func refusal(_ error: any Error, wrong: String, wait: String) -> Refused? {
        switch error as? AccountsError {
        case .refused(let seconds) where seconds > 0:
            let time = self.wait(seconds: seconds)
            return Refused(text: text(wait, ["time": time]), status: .tooManyRequests, seconds: seconds)
        case .refused: return Refused(text: self[wrong], status: .unprocessableContent)
        case .passwordExpired: return Refused(text: self["signInExpired"], status: .unprocessableContent)
        case .busy(let seconds):
            let time = self.wait(seconds: seconds)
            return Refused(text: text("signInBusy", ["time": time]), status: .serviceUnavailable, seconds: seconds)
        default: return nil
        }
    }
}
